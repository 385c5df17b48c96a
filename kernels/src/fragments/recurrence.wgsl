// What a recurrent cell and the schedules that run it have in common. A cell is a fragment that has two functions:
//   advance(projected: Gates, recurrent: Gates, before: Value) -> Step, from the projected inputs and W h + b of every gate, and
//   retreat(dh: Value, before: Value, kept: Kept) -> Slopes, its gradient.
// Prelude: GATES, KEPT (numbers of a unit that a step keeps for its gradient), Value (f32 or vec4<f32>).
alias Gates = array<Value, GATES>;
alias Kept = array<Value, KEPT>;

struct Step {
  after: Value,
  kept: Kept,
}

/** Gradients to both of a gate's summands and, directly, to the state before. */
struct Slopes {
  projected: Gates,
  recurrent: Gates,
  before: Value,
}
