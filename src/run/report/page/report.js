'use strict';
(() => {
const id = (name) => document.getElementById(name);
const ROWS = 100, BUCKETS = 240, GROUPS = 7;

function element(tag, text, name) {
  const it = document.createElement(tag);
  if (text !== undefined) it.textContent = text;
  if (name) it.className = name;
  return it;
}

async function content() {
  const text = atob(id('data').textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  if (typeof DecompressionStream === 'undefined') throw new Error('this browser is too old: it has no DecompressionStream');
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
}

function show(data) {
  const { strings, columns } = data;
  const n = columns.time.length;
  const time = new Float64Array(n);
  for (let i = 0, t = 0; i < n; i++) { t += columns.time[i]; time[i] = t / 1000; }
  const column = {};
  for (const name of ['kind', 'op', 'origin', 'netns', 'device', 'by', 'words', 'state']) column[name] = Int32Array.from(columns[name]);
  const object = Uint32Array.from(columns.object), flags = Uint8Array.from(columns.flags);
  data.columns = null;
  // The lines that are listed, in order of time.
  const listed = [];
  for (let i = 0; i < n; i++) if (flags[i] & 1) listed.push(i);
  if (listed.some((i, at) => at && time[i] < time[listed[at - 1]])) listed.sort((a, b) => time[a] - time[b] || a - b);
  const counted = (i) => flags[i] & 8;
  let first = Infinity, last = -Infinity;
  for (const i of listed) { first = Math.min(first, time[i]); last = Math.max(last, time[i]); }
  if (!listed.length) { first = data.since !== null ? data.since / 1000 : data.made / 1000; last = data.until !== null ? data.until / 1000 : first; }
  const whole = [first, Math.max(last, first + 1)];

  const view = { q: '', kind: '', op: '', device: '', by: '', netns: '', group: 'kind', zone: 'local', theme: 'auto', from: whole[0], to: whole[1], at: null, page: 0, newest: false, stateq: '', statepage: 0 };

  // Times.
  const two = (x) => String(x).padStart(2, '0');
  function parts(ms) {
    const d = new Date(ms);
    return view.zone === 'utc'
      ? [d.getUTCFullYear(), d.getUTCMonth() + 1, d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds(), d.getUTCMilliseconds()]
      : [d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds(), d.getMilliseconds()];
  }
  function shown(ms, separator = ' ') {
    const [y, mo, d, h, mi, s, milli] = parts(Math.floor(ms));
    return `${String(y).padStart(4, '0')}-${two(mo)}-${two(d)}${separator}${two(h)}:${two(mi)}:${two(s)}.${String(milli).padStart(3, '0')}`;
  }
  const micro = (us) => (us === null || us === undefined ? '' : shown(us / 1000));
  const field = (ms) => shown(ms, 'T');
  function entered(text) {
    const ms = Date.parse(view.zone === 'utc' ? text + 'Z' : text);
    return Number.isNaN(ms) ? null : ms;
  }
  function ago(ms) {
    const s = Math.abs(ms) / 1000;
    if (s < 1) return `${Math.round(ms)} ms`;
    if (s < 120) return `${s.toFixed(1)} s`;
    if (s < 7200) return `${(s / 60).toFixed(1)} min`;
    return s < 172800 ? `${(s / 3600).toFixed(1)} h` : `${(s / 86400).toFixed(1)} d`;
  }
  const format = new Intl.NumberFormat('en');
  const number = (x) => format.format(x);
  // Pairs of a string and how often the records have it, the most frequent first.
  function tally(of, records) {
    const counts = new Uint32Array(strings.length), found = [];
    for (const i of records) if (counts[of[i]]++ === 0) found.push(of[i]);
    return found.map((value) => [value, counts[value]]).sort((a, b) => b[1] - a[1] || (strings[a[0]] < strings[b[0]] ? -1 : 1));
  }

  // Filters.
  const lower = [];
  function matches(word) {
    const found = new Uint8Array(strings.length);
    for (let s = 0; s < strings.length; s++) {
      if (lower[s] === undefined) lower[s] = strings[s].toLowerCase();
      if (lower[s].includes(word)) found[s] = 1;
    }
    return found;
  }
  const searched = ['words', 'device', 'kind', 'op', 'origin', 'by', 'netns'].map((name) => column[name]);
  let passing = [];
  function filter() {
    const words = view.q.toLowerCase().split(/\s+/).filter(Boolean).map(matches);
    const exact = ['kind', 'op', 'device', 'by', 'netns'].filter((name) => view[name] !== '').map((name) => [column[name], strings.indexOf(view[name].slice(1))]);
    passing = listed.filter((i) => exact.every(([of, value]) => of[i] === value) && words.every((found) => searched.some((of) => found[of[i]])));
  }
  let inView = [];
  function limit() { inView = passing.filter((i) => time[i] >= view.from && time[i] <= view.to); }

  // Tables.
  function table(it, heads, rows) {
    it.replaceChildren();
    const head = it.createTHead().insertRow();
    for (const [text, name] of heads) { const th = element('th', text, name); th.scope = 'col'; head.append(th); }
    const body = it.createTBody();
    for (const cells of rows) {
      const row = body.insertRow();
      cells.forEach((cell, at) => {
        const td = element('td', undefined, heads[at][1]);
        if (cell instanceof Node) td.append(cell); else td.textContent = cell;
        row.append(td);
      });
    }
  }
  function pages(it, page, count, go) {
    it.replaceChildren();
    const end = Math.max(1, Math.ceil(count / ROWS));
    const button = (text, to) => { const b = element('button', text); b.type = 'button'; b.disabled = to < 0 || to >= end || to === page; b.addEventListener('click', () => go(to)); it.append(b, ' '); };
    if (count <= ROWS) return;
    button('First', 0); button('Previous', page - 1);
    it.append(element('span', ` page ${page + 1} of ${number(end)} `));
    button('Next', page + 1); button('Last', end - 1);
  }
  const s = (of, i) => strings[of[i]];

  function drawEvents() {
    const rows = view.newest ? inView.slice().reverse() : inView;
    view.page = Math.min(view.page, Math.max(0, Math.ceil(rows.length / ROWS) - 1));
    pages(id('eventspages'), view.page, rows.length, (to) => { view.page = to; drawEvents(); save(); });
    const withNetns = data.namespaces.rows.length > 0, withBy = data.processes.rows.length > 0;
    const heads = [['Time', 'time'], ['Kind'], ['Operation'], ['Device'], ['What', 'words']];
    if (withNetns) heads.splice(1, 0, ['Namespace']);
    if (withBy) heads.push(['By', 'by']);
    heads.push(['State']);
    table(id('eventtable'), heads, rows.slice(view.page * ROWS, (view.page + 1) * ROWS).map((i) => {
      const op = s(column.op, i), origin = s(column.origin, i);
      const what = s(column.words, i) + (origin && origin !== 'kernel' ? ` (${origin})` : '');
      const at = element('button', 'show'); at.type = 'button'; at.setAttribute('aria-label', `State at ${shown(time[i])}`);
      at.addEventListener('click', () => { view.at = time[i]; drawState(); save(); id('state').scrollIntoView(); id('at').focus(); });
      const cells = [shown(time[i]), s(column.kind, i), element('span', op, `op-${op}`), s(column.device, i), what];
      if (withNetns) cells.splice(1, 0, s(column.netns, i));
      if (withBy) cells.push(s(column.by, i));
      cells.push(at);
      return cells;
    }));
  }

  // Timeline.
  let plot = null;
  function ticks(_, times) {
    let day = '';
    return times.map((ts) => {
      if (ts === null) return '';
      const text = shown(ts * 1000), date = text.slice(0, 10), is = date !== day;
      const clock = times.length > 1 && times[1] - times[0] < 1 ? text.slice(11) : text.slice(11, times.some((it) => it % 60) ? 19 : 16);
      day = date;
      return is ? `${clock}\n${date}` : clock;
    });
  }
  const hidden = new Set();
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function drawChart() {
    const of = column[view.group];
    const events = inView.filter(counted), order = tally(of, events);
    const groups = order.slice(0, GROUPS).map(([value, count]) => ({ name: strings[value] || '(none)', count, value }));
    const others = order.slice(GROUPS);
    if (others.length) groups.push({ name: `${others.length} others`, count: others.reduce((sum, it) => sum + it[1], 0), value: -1 });
    const slot = new Map(groups.map((group, at) => [group.value, at]));
    const width = Math.max((view.to - view.from) / BUCKETS, 1);
    const buckets = Math.max(1, Math.ceil((view.to - view.from) / width));
    const series = groups.map(() => new Float64Array(buckets));
    for (const i of events) {
      const at = slot.has(of[i]) ? slot.get(of[i]) : groups.length - 1;
      series[at][Math.min(buckets - 1, Math.floor((time[i] - view.from) / width))]++;
    }
    const x = Float64Array.from({ length: buckets }, (_, at) => (view.from + (at + 0.5) * width) / 1000);
    const visible = groups.map((group) => !hidden.has(group.name));
    const stacked = []; let sum = new Float64Array(buckets);
    series.forEach((values, at) => { if (visible[at]) sum = sum.map((it, b) => it + values[b]); stacked.push(sum.slice()); });
    const colour = (at) => css(`--c${at}`);
    const axis = { stroke: css('--front'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line'), width: 1 } };
    // The highest of a stack is drawn first.
    const drawn = groups.map((_, at) => at).reverse().filter((at) => visible[at]);
    const bars = uPlot.paths.bars({ size: [1, Infinity], gap: 0 });
    const options = {
      width: Math.max(240, id('chart').clientWidth), height: 260, tzDate: (ts) => (view.zone === 'utc' ? uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC') : new Date(ts * 1000)),
      scales: { x: { min: view.from / 1000, max: view.to / 1000 }, y: { range: (_, min, max) => [0, Math.max(1, max * 1.05)] } },
      axes: [{ ...axis, values: ticks, space: 90, size: 60 }, { ...axis, size: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000, 1000000] }],
      cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } }, legend: { show: false },
      series: [{}, ...drawn.map((at) => ({ label: groups[at].name, stroke: colour(at), fill: colour(at), width: 0, paths: bars, points: { show: false } }))],
      hooks: { setSelect: [(u) => { if (u.select.width > 3) range(u.posToVal(u.select.left, 'x') * 1000, u.posToVal(u.select.left + u.select.width, 'x') * 1000); }] },
    };
    if (plot) plot.destroy();
    plot = new uPlot(options, [x, ...drawn.map((at) => stacked[at])], id('chart'));
    id('chart').setAttribute('aria-label', `${number(events.length)} events from ${shown(view.from)} to ${shown(view.to)}, in bars of ${ago(width)}. Arrow keys move the range, + and - zoom.`);
    const perSecond = (count) => { const rate = count / ((view.to - view.from) / 1000); return rate >= 10 ? number(Math.round(rate)) : rate.toPrecision(2); };
    table(id('legend'), [[view.group === 'by' ? 'process' : view.group], ['Events', 'number'], ['Per second', 'number'], ['Most in a bar', 'number']], groups.map((group, at) => {
      const label = element('label'), box = element('input'), swatch = element('span', undefined, 'swatch');
      box.type = 'checkbox'; box.checked = visible[at]; swatch.style.background = colour(at);
      box.addEventListener('change', () => { if (box.checked) hidden.delete(group.name); else hidden.add(group.name); drawChart(); });
      label.append(box, swatch, group.name);
      return [label, number(group.count), perSecond(group.count), number(series[at].reduce((most, it) => Math.max(most, it), 0))];
    }));
  }
  function range(from, to) {
    const span = Math.min(Math.max(to - from, 1), whole[1] - whole[0]);
    const start = Math.min(Math.max(from, whole[0]), whole[1] - span);
    view.from = start; view.to = start + span; view.page = 0;
    draw();
  }
  function zoom(factor, shift) {
    const span = view.to - view.from, middle = (view.from + view.to) / 2 + shift * span;
    range(middle - span * factor / 2, middle + span * factor / 2);
  }

  // State.
  function stateAt(at) {
    const objects = new Map(); let named = new Set();
    for (let i = 0; i < n; i++) {
      if (time[i] > at) continue;
      const mark = flags[i] & 6;
      if (mark === 2) { objects.clear(); named = new Set(); }
      if (mark === 4 || mark === 2) named = new Set();
      if (mark === 6) for (const it of objects.keys()) if (!named.has(it)) objects.delete(it);
      if (!object[i] || column.state[i] === -2) continue;
      if (column.state[i] === -1) objects.delete(object[i]); else { objects.set(object[i], i); named.add(object[i]); }
    }
    return [...objects.values()];
  }
  function drawState() {
    if (view.at === null) view.at = last;
    id('at').value = field(view.at);
    id('slider').value = Math.round((view.at - whole[0]) / (whole[1] - whole[0]) * 1000);
    const known = data.known.find((span) => span.from / 1000 <= view.at + 0.001 && view.at <= span.to / 1000 + 0.001);
    const words = view.stateq.toLowerCase().split(/\s+/).filter(Boolean);
    let objects = stateAt(view.at);
    const all = objects.length;
    const text = (i) => `${s(column.netns, i)} ${s(column.kind, i)} ${s(column.device, i)} ${strings[column.state[i]]}`;
    objects = objects.map((i) => [text(i), i]);
    if (words.length) objects = objects.filter(([text]) => { const it = text.toLowerCase(); return words.every((word) => it.includes(word)); });
    objects.sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0));
    objects = objects.map(([, i]) => i);
    const note = id('statenote');
    let why = '';
    if (data.hiding) why = `The run left out changes (${data.hiding}).`;
    else if (!known) why = 'The lines do not determine the state at this moment: it is before the first whole snapshot or checkpoint, in a gap, or between two runs.';
    else if (known.incomplete.length) why = `Objects of ${known.incomplete.join(', ')} may be missing or outdated at this moment.`;
    note.className = why ? 'warning' : '';
    note.textContent = `${why ? why + ' ' : ''}${number(objects.length)}${words.length ? ` of ${number(all)}` : ''} objects at ${shown(view.at)}.`;
    view.statepage = Math.min(view.statepage, Math.max(0, Math.ceil(objects.length / ROWS) - 1));
    pages(id('statepages'), view.statepage, objects.length, (to) => { view.statepage = to; drawState(); });
    const heads = [['Kind'], ['Device'], ['Object', 'words'], ['Last line about it', 'time']];
    const withNetns = data.namespaces.rows.length > 0;
    if (withNetns) heads.unshift(['Namespace']);
    table(id('statetable'), heads, objects.slice(view.statepage * ROWS, (view.statepage + 1) * ROWS).map((i) => {
      const cells = [s(column.kind, i), s(column.device, i), strings[column.state[i]], shown(time[i])];
      if (withNetns) cells.unshift(s(column.netns, i));
      return cells;
    }));
  }
  function step(by) {
    const events = passing;
    let low = 0, high = events.length;
    while (low < high) { const middle = (low + high) >> 1; if (time[events[middle]] < view.at || (by > 0 && time[events[middle]] === view.at)) low = middle + 1; else high = middle; }
    const at = by > 0 ? low : low - 1;
    if (at >= 0 && at < events.length) { view.at = time[events[at]]; drawState(); save(); }
  }

  // Fixed tables.
  function section(name, heads, of, note, row) {
    const it = id(name), rows = of.rows.map(row);
    let text = rows.length ? '' : note;
    if (of.all > of.rows.length) text = `The ${number(of.rows.length)} first of ${number(of.all)}.`;
    if (of.left_out) text += ` ${number(of.left_out)} events are of others, which are not listed: there were too many to count.`;
    it.querySelector('.note').textContent = text;
    if (rows.length) table(it.querySelector('table'), heads, rows); else it.querySelector('table').replaceChildren();
  }
  function drawFixed() {
    const count = [['Name', 'words'], ['Events', 'number'], ['Last', 'time']], plain = (row) => [row.name, number(row.count), micro(row.last)];
    section('devices', [['Device'], ['Went down', 'number'], ['Went up', 'number'], ['At the end'], ['Events', 'number'], ['Last line', 'time']], data.devices, 'No events about devices.', (row) => [row.name, number(row.downs), number(row.ups), row.up === null ? '' : row.up ? 'up' : 'down', number(row.count), micro(row.last)]);
    section('gaps', [['Noticed', 'time'], ['Lost since', 'time'], ['Complete again', 'time'], ['Cause'], ['Lost', 'number'], ['Namespace']], data.gaps, 'Nothing was lost.', (row) => [micro(row.time), micro(row.from), row.until === null ? 'not known' : micro(row.until), row.cause, row.lost === null ? 'not known' : number(row.lost), row.netns]);
    section('bursts', [['Changes', 'number'], ['Within'], ['Last', 'time'], ['Last change', 'words']], { rows: data.bursts, all: data.bursts.length, left_out: 0 }, 'No object changed three times in quick succession.', (row) => [number(row.count), row.span, micro(row.time), row.words]);
    section('routes', count, data.routes, 'No events about routes.', plain);
    section('neighbours', count, data.neighbours, 'No events about neighbours.', plain);
    section('processes', count, data.processes, 'The lines do not say which process caused an event; nlstream --with by does.', plain);
    section('namespaces', count, data.namespaces, 'All events are of the namespace of the program.', plain);
    id('range').textContent = listed.length ? `${shown(first)} to ${shown(last)} (${ago(last - first)})` : 'No events.';
    id('made').textContent = `Made at ${micro(data.made)} by nlstream ${data.version}. The page loads nothing from the network.`;
    const notices = id('notices');
    notices.replaceChildren();
    const warn = (text) => { const p = element('p', text, 'warning'); p.setAttribute('role', 'note'); notices.append(p); };
    if (data.gaps.all) warn(`${number(data.gaps.all)} gap${data.gaps.all > 1 ? 's' : ''}: ${data.lost_unknown ? 'at least ' : ''}${number(data.lost)} messages or lines were lost.`);
    if (data.hole_count) { warn(`Lines are missing in ${number(data.hole_count)} place${data.hole_count > 1 ? 's' : ''}: ${data.holes.slice(0, 5).map(([at, text]) => `${micro(at)} ${text}`).join('; ')}${data.hole_count > 5 ? ' …' : ''}`); }
    if (data.left_out) warn(`The list of events and the timeline begin late: ${number(data.left_out)} earlier events are only in the counts below. Limit the time with --since and --until.`);
  }

  function choices() {
    const fill = (name, label) => {
      const select = id(name), order = tally(column[name], listed).slice(0, 500);
      select.replaceChildren(new Option('all', ''));
      for (const [value, count] of order) select.append(new Option(`${strings[value] || label} (${number(count)})`, '=' + strings[value]));
    };
    fill('kind', '(none)'); fill('op', '(none)'); fill('device', '(none)'); fill('by', '(not known)'); fill('netns', '(that of the program)');
    id('netnslabel').hidden = data.namespaces.rows.length === 0;
  }

  // What is shown is kept in the address, so that a link leads to it.
  const kept = ['q', 'kind', 'op', 'device', 'by', 'netns', 'group', 'zone', 'theme', 'stateq'];
  function save() {
    const it = new URLSearchParams();
    for (const name of kept) if (view[name] && !(name === 'group' && view[name] === 'kind') && !['local', 'auto'].includes(view[name])) it.set(name, view[name]);
    if (view.from !== whole[0] || view.to !== whole[1]) { it.set('from', view.from); it.set('to', view.to); }
    if (view.at !== null && view.at !== last) it.set('at', view.at);
    if (view.newest) it.set('newest', '1');
    try { history.replaceState(null, '', '#' + it); } catch { /* Not of every origin. */ }
  }
  function load() {
    const it = new URLSearchParams(location.hash.slice(1));
    for (const name of kept) if (it.has(name)) view[name] = it.get(name);
    const moment = (name, otherwise) => { const value = it.get(name); if (value === null) return otherwise; const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Date.parse(value); return Number.isNaN(ms) ? otherwise : ms; };
    view.from = moment('from', view.from); view.to = moment('to', view.to); view.at = moment('at', null);
    if (!(view.to > view.from)) [view.from, view.to] = whole;
    view.newest = it.get('newest') === '1';
    if (!['kind', 'device', 'op', 'by', 'netns'].includes(view.group)) view.group = 'kind';
  }

  function draw() {
    limit();
    id('from').value = field(view.from); id('to').value = field(view.to);
    const count = inView.filter(counted).length;
    id('found').textContent = `${number(count)} of ${number(data.events)} events`;
    drawChart(); drawEvents(); save();
  }
  function refilter() { view.page = 0; filter(); draw(); }
  const system = matchMedia('(prefers-color-scheme: dark)');
  function theme() {
    const dark = view.theme === 'dark' || (view.theme !== 'light' && system.matches);
    document.documentElement.toggleAttribute('data-dark', dark);
  }

  load(); theme(); choices();
  for (const name of ['kind', 'op', 'device', 'by', 'netns', 'group', 'zone', 'theme']) {
    id(name).value = view[name];
    if (id(name).value !== view[name]) { view[name] = id(name).options[0].value; id(name).value = view[name]; }
  }
  id('q').value = view.q; id('stateq').value = view.stateq; id('newest').checked = view.newest;
  const card = (name, text) => { const div = element('div'); div.append(element('dt', name), element('dd', text)); return div; };
  id('cards').append(card('Events', number(data.events)), card('Kinds', number(data.kinds.all)), card('Devices', number(data.devices.all)), card('Went down', number(data.flaps)), card('Gaps', number(data.gaps.all)), card('Lost', `${data.lost_unknown ? '≥ ' : ''}${number(data.lost)}`));
  id('source').textContent = `From ${data.files.join(', ')}${data.selection.length ? '; selected by ' + data.selection.join(' ') : ''}`;
  drawFixed(); filter(); draw(); drawState();

  const soon = (act) => { let timer = 0; return () => { clearTimeout(timer); timer = setTimeout(act, 120); }; };
  id('q').addEventListener('input', soon(() => { view.q = id('q').value; refilter(); }));
  id('stateq').addEventListener('input', soon(() => { view.stateq = id('stateq').value; view.statepage = 0; drawState(); save(); }));
  for (const name of ['kind', 'op', 'device', 'by', 'netns']) id(name).addEventListener('change', () => { view[name] = id(name).value; refilter(); });
  id('group').addEventListener('change', () => { view.group = id('group').value; hidden.clear(); drawChart(); save(); });
  id('zone').addEventListener('change', () => { view.zone = id('zone').value; drawFixed(); draw(); drawState(); });
  id('theme').addEventListener('change', () => { view.theme = id('theme').value; theme(); drawChart(); save(); });
  system.addEventListener('change', () => { theme(); drawChart(); });
  for (const name of ['from', 'to']) id(name).addEventListener('change', () => { const from = entered(id('from').value), to = entered(id('to').value); if (from !== null && to !== null && to > from) range(from, to); });
  id('clear').addEventListener('click', () => { for (const name of ['q', 'kind', 'op', 'device', 'by', 'netns']) { view[name] = ''; id(name).value = ''; } [view.from, view.to] = whole; refilter(); });
  id('newest').addEventListener('change', () => { view.newest = id('newest').checked; view.page = 0; drawEvents(); save(); });
  id('at').addEventListener('change', () => { const at = entered(id('at').value); if (at !== null) { view.at = at; drawState(); save(); } });
  id('slider').addEventListener('input', soon(() => { view.at = whole[0] + id('slider').value / 1000 * (whole[1] - whole[0]); drawState(); save(); }));
  id('before').addEventListener('click', () => step(-1)); id('after').addEventListener('click', () => step(1));
  const zooms = { zoomin: [0.5, 0], zoomout: [2, 0], left: [1, -0.25], right: [1, 0.25], all: [Infinity, 0] };
  for (const [name, [factor, shift]] of Object.entries(zooms)) id(name).addEventListener('click', () => (factor === Infinity ? range(...whole) : zoom(factor, shift)));
  id('chart').addEventListener('keydown', (event) => {
    const key = { '+': 'zoomin', '=': 'zoomin', '-': 'zoomout', ArrowLeft: 'left', ArrowRight: 'right', 0: 'all' }[event.key];
    if (key && !event.ctrlKey && !event.altKey && !event.metaKey) { event.preventDefault(); id(key).click(); }
  });
  addEventListener('resize', soon(drawChart));
}

content().then(show).then(() => { document.documentElement.dataset.ready = Math.round(performance.now()); }).catch((error) => {
  id('failure').hidden = false;
  id('failure').textContent = `The report cannot be shown: ${error.message}`;
  document.documentElement.dataset.failed = error.message;
});
})();
