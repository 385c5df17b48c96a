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
for (const place of all('[data-played]')) {
  const episodes = all('figure', place).map((figure) => {
    const parts = all('[data-step]', figure);
    const told = figure.dataset.steps ? JSON.parse(figure.dataset.steps) : [];
    const last = told.length > 0 ? told.length - 1 : Math.max(0, ...parts.map((part) => Number(part.dataset.step)));
    const said = make('p', { className: 'said' });
    if (told.length > 0) figure.append(said);
    return { figure, parts, told, last, said };
  });
  const end = Math.max(0, ...episodes.map(({ last }) => last));
  if (end === 0) continue;
  const slider = make('input', { type: 'range', min: 0, max: end, value: end });
  slider.setAttribute('aria-label', 'step of all episodes');
  const button = make('button', { type: 'button', textContent: '▶ Play' });
  const at = make('output', {});
  const show = (step) => {
    at.textContent = 'step ' + step + ' of ' + end;
    for (const { figure, parts, told, last, said } of episodes) {
      const now = Math.min(step, last);
      for (const part of parts) part.style.visibility = Number(part.dataset.step) <= now ? '' : 'hidden';
      for (const agent of all('[data-path]', figure)) {
        const [x, y] = agent.dataset.path.split(' ')[now].split(',');
        agent.setAttribute('cx', x);
        agent.setAttribute('cy', y);
      }
      for (const line of all('[data-across]', figure)) {
        const [from, to] = line.dataset.across.split(' ').map(Number);
        const x = from + ((to - from) * now) / Math.max(1, last);
        line.setAttribute('x1', x);
        line.setAttribute('x2', x);
      }
      said.textContent = told[now] ?? '';
    }
  };
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
    }, 400);
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
