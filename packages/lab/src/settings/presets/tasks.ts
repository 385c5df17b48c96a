/** The paper's lists of training tasks: colours as digits. */
/** Single-colour skills; none of these holds 0→1, 1→2 or 2→3 (arXiv 2512.20605, the ant's list). */
export const SINGLE_COLOUR_TASKS = '032 103 210 321 020 021 031 102 131 132 202 203 213 310 313 320'.split(' ');
/** Skills are the colour pairs 01, 23, 45, 67 (arXiv 2512.20605, the grid world's list). */
export const COLOUR_PAIR_TASKS =
  '014501 014523 016723 230145 236723 236745 450145 450167 452367 672301 672367 674501 016745 230167 452301 674523'.split(' ');
