// A GRU in torch's gate order r, z, n:
//   r = σ(x_r + h_r), z = σ(x_z + h_z), n = tanh(x_n + r ∘ h_n), h' = n + z ∘ (h − n)
// and its gradient:
//   da_n = dh (1 − z) (1 − n²), da_r = da_n h_n r (1 − r), da_z = dh (h − n) z (1 − z); to h_n: da_n r, to h: dh z
import fragments::{gates, recurrence};

fn advance(projected: Gates, recurrent: Gates, before: Value) -> Step {
  let r = sigmoid(projected[0] + recurrent[0]);
  let z = sigmoid(projected[1] + recurrent[1]);
  let n = squash(projected[2] + r * recurrent[2]);
  return Step(n + z * (before - n), Kept(r, z, n, recurrent[2]));
}

fn retreat(dh: Value, before: Value, kept: Kept) -> Slopes {
  let r = kept[0];
  let z = kept[1];
  let n = kept[2];
  let toN = dh * (1.0 - z) * (1.0 - n * n);
  let toR = toN * kept[3] * r * (1.0 - r);
  let toZ = dh * (before - n) * z * (1.0 - z);
  return Slopes(Gates(toR, toZ, toN), Gates(toR, toZ, toN * r), dh * z);
}
