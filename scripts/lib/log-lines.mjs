// The processes log JSON lines, for machines; in a terminal a person reads them.
const levels = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };
const shownOtherwise = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'name']);

/** `{"level":30,"time":…,"msg":"listening","port":4000}` → `12:00:01 INFO  api     listening  port=4000` */
export function readable(source, line) {
  const name = source.padEnd(7);
  const record = parse(line);
  if (record === undefined) return `${name} ${line}`;
  const time = new Date(record.time ?? Number.NaN);
  const clock = Number.isNaN(time.getTime()) ? '' : `${time.toISOString().slice(11, 19)} `;
  const level = (levels[record.level] ?? String(record.level).toUpperCase()).padEnd(5);
  const rest = Object.entries(record).filter(([key]) => !shownOtherwise.has(key) && key !== 'err');
  const fields = rest.map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  const trace = record.err?.stack ? `\n${record.err.stack}` : '';
  return [`${clock}${level} ${name} ${record.msg}`, ...fields].join('  ') + trace;
}

function parse(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    const record = JSON.parse(line);
    return typeof record.msg === 'string' && record.level !== undefined ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Calls `onLine` for every whole line of a stream, and for an unfinished last one. */
export function eachLine(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.trim() !== '') onLine(line);
  });
  stream.on('end', () => rest.trim() !== '' && onLine(rest));
}
