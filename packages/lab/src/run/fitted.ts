import type { z } from 'zod';

/**
 * A value of a file, once it has the shape that it is read as; keys that the shape does not name stay.
 * @param refuse is told the first place that has not, and what was expected there.
 * @param name of the file, where that is not said elsewhere.
 */
export function fitted<T>(shape: z.ZodType<T>, value: unknown, refuse: (fault: string) => never, name?: string): T {
  const [issue] = shape.safeParse(value).error?.issues ?? [];
  if (!issue) return value as T;
  const place = [...(name === undefined ? [] : [name]), ...issue.path.map(String)].join(' › ');
  return refuse(place === '' ? issue.message : `${place}: ${issue.message}`);
}
