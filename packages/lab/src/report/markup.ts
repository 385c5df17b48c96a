/** Markup as text. Everything that comes from data goes through `text` or an attribute, which escape it. */
import { DRAWN } from './style.js';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Data as text of a document. */
export function text(value: string | number): string {
  return String(value).replace(/[&<>"']/g, (letter) => ESCAPES[letter]);
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;

// A hundredth of a pixel is finer than any screen.
const attributeText = (value: string | number) => text(typeof value === 'number' ? Number(value.toFixed(2)) : value);

/** `<name a="…">children</name>`; children are markup already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${attributeText(value)}"`]));
  return `<${name}${written.join('')}>${children.join('')}</${name}>`;
}

/** An SVG inside a page, with a description for those who cannot see it. */
export function svg(width: number, height: number, label: string, ...children: readonly string[]): string {
  const attributes = { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label };
  return element('svg', attributes, ...children);
}

/** A figure with its caption (markup). */
export function figure(body: string, caption: string, attributes: Attributes = {}): string {
  return element('figure', attributes, body, caption === '' ? '' : element('figcaption', {}, caption));
}

/** An SVG file with the style sheet and a background. */
export function svgFile(width: number, height: number, ...children: readonly string[]): string {
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height };
  const style = element('style', {}, `${DRAWN}svg{font-family:system-ui,sans-serif}`);
  const sheet = element('rect', { width, height, style: 'fill:var(--sheet)' });
  return `${element('svg', attributes, style, sheet, ...children)}\n`;
}
