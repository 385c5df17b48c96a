/**
 * The page's own script, the only one: plays episodes, shows one run alone, and says which tables are wider than the
 * screen. Without it everything is there, at once.
 */
export const SCRIPT = `(() => {
const all = (query, from = document) => [...from.querySelectorAll(query)];
const make = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
// Tenths of a pixel: at the start, then by how much each step moves every point.
const placesOf = (moves) => {
  let at = [];
  return moves.split(',').map((step) => (at = step.match(/-?[0-9]+/g).map((by, i) => Number(by) + (at[i] ?? 0))));
};
const put = (part, [x, y, ...more]) => {
  if (part.matches('circle')) {
    part.setAttribute('cx', x);
    part.setAttribute('cy', y);
  } else part.setAttribute('points', [x, y, ...more].join(' '));
};
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
for (const place of all('[data-played]')) {
  const episodes = all('figure', place).map((figure) => {
    const parts = all('[data-step]', figure);
    const told = figure.dataset.steps ? JSON.parse(figure.dataset.steps) : [];
    const moving = all('[data-moves]', figure).map((part) => ({ part, places: placesOf(part.dataset.moves) }));
    const steps = [...parts.map((part) => Number(part.dataset.step)), ...moving.map(({ places }) => places.length - 1)];
    const last = told.length > 0 ? told.length - 1 : Math.max(0, ...steps);
    const said = make('p', { className: 'said' });
    if (told.length > 0) figure.append(said);
    return { figure, parts, moving, told, last, said };
  });
  const end = Math.max(0, ...episodes.map(({ last }) => last));
  if (end === 0) continue;
  const slider = make('input', { type: 'range', min: 0, max: end, value: end });
  slider.setAttribute('aria-label', 'step of all episodes');
  const button = make('button', { type: 'button', textContent: '▶ Play' });
  const at = make('output', {});
  const show = (step) => {
    at.textContent = 'step ' + step + ' of ' + end;
    for (const { figure, parts, moving, told, last, said } of episodes) {
      const now = Math.min(step, last);
      for (const part of parts) part.style.visibility = Number(part.dataset.step) <= now ? '' : 'hidden';
      for (const { part, places } of moving) put(part, places[Math.min(now, places.length - 1)].map((tenths) => tenths / 10));
      for (const agent of all('[data-path]', figure)) put(agent, agent.dataset.path.split(' ')[now].split(','));
      for (const line of all('[data-across]', figure)) {
        const [from, to] = line.dataset.across.split(' ').map(Number);
        const x = from + ((to - from) * now) / Math.max(1, last);
        line.setAttribute('x1', x);
        line.setAttribute('x2', x);
      }
      said.textContent = told[now] ?? '';
    }
  };
  // Episodes that say how fast they went are played so, but not to those who would rather see less motion.
  const paces = calm ? [] : all('[data-pace]', place).map((picture) => Number(picture.dataset.pace));
  const pace = Math.min(400, ...paces);
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = '▶ Play';
  };
  const play = () => {
    if (Number(slider.value) >= end) slider.value = 0;
    show(Number(slider.value));
    button.textContent = 'Pause';
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      show(Number(slider.value));
      if (Number(slider.value) >= end) stop();
    }, pace);
  };
  button.onclick = () => (timer === null ? play() : stop());
  slider.oninput = () => {
    stop();
    show(Number(slider.value));
  };
  place.classList.add('playing');
  place.before(make('div', { className: 'player' }, button, slider, at));
  show(end);
}
const filter = document.querySelector('[data-filter]');
if (filter) {
  const names = JSON.parse(filter.dataset.filter);
  const choice = make('select', {}, make('option', { value: '', textContent: 'all runs' }), ...names.map((name, i) => make('option', { value: String(i), textContent: name })));
  const apply = () => {
    for (const part of all('[data-runs]')) part.hidden = choice.value !== '' && !part.dataset.runs.split(' ').includes(choice.value);
    for (const curve of all('svg [class^="run-"], svg .over-runs'))
      curve.style.display = choice.value === '' || curve.classList.contains('run-' + choice.value) ? '' : 'none';
  };
  choice.onchange = apply;
  filter.append(make('label', {}, 'Show ', choice));
}
if (innerWidth <= 600) for (const part of all('details[data-fold]')) part.open = false;
const measure = () => {
  for (const part of all('.scroll, .episodes')) part.classList.toggle('wide', part.scrollWidth > part.clientWidth + 1);
};
measure();
addEventListener('resize', measure);
for (const part of all('details')) part.addEventListener('toggle', measure);
})();`;
