/** In u32 lists of rows or places: none. Kernels leave out what points there, as it is behind every end. */
export const NONE = 0xffffffff;
