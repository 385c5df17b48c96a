// Sums of squares at the edge of f32: those beyond LARGE_SQUARES are taken again from numbers times SHRINK, whose
// squares have room for any row, and where eps no longer counts.
const LARGE_SQUARES: f32 = 1e37;
const SHRINK: f32 = 8.271806125530277e-25;
