/** Cells of the field in metres. */
import type { AntSettings } from './settings.js';

/** Metres from the middle of the field to its edge. */
export const halfOf = ({ size, cell }: AntSettings): number => (size * cell) / 2;

/** The cell over which a point lies, −1 outside of the field. */
export function cellAt(x: number, y: number, settings: AntSettings): number {
  const { size, cell } = settings;
  const half = halfOf(settings);
  const [column, row] = [Math.floor((x + half) / cell), Math.floor((y + half) / cell)];
  return column >= 0 && column < size && row >= 0 && row < size ? row * size + column : -1;
}

/** The middle of a cell in metres. */
export function middleOf(cell: number, settings: AntSettings): readonly [x: number, y: number] {
  const half = halfOf(settings);
  return [((cell % settings.size) + 0.5) * settings.cell - half, (Math.floor(cell / settings.size) + 0.5) * settings.cell - half];
}
