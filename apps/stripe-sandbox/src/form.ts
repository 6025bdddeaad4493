/** A value of a form before its schema has said what it is: texts, and how they nest. */
export type FormValue = string | FormValue[] | { [key: string]: FormValue };

const deepest = 8;

/** `a[b][0]=x&expand[]=y` as an object. Keys that are all numbers make a list. */
export function decodeForm(text: string): Record<string, FormValue> {
  const root: Record<string, FormValue> = Object.create(null) as Record<string, FormValue>;
  for (const [key, value] of new URLSearchParams(text)) put(root, pathOf(key), value);
  return Object.fromEntries(Object.entries(root).map(([key, value]) => [key, withLists(value)]));
}

function pathOf(key: string): readonly string[] {
  const [head = '', ...rest] = key.split('[');
  return [head, ...rest.map((part) => part.replace(/\]$/, ''))].slice(0, deepest);
}

function put(root: Record<string, FormValue>, path: readonly string[], value: string): void {
  let place = root;
  for (const [index, part] of path.entries()) {
    // `expand[]` appends.
    const name = part === '' ? String(Object.keys(place).length) : part;
    if (index === path.length - 1) {
      place[name] = value;
      return;
    }
    const inner = place[name];
    if (typeof inner === 'object' && !Array.isArray(inner)) place = inner;
    else {
      const made: Record<string, FormValue> = Object.create(null) as Record<string, FormValue>;
      place[name] = made;
      place = made;
    }
  }
}

function withLists(value: FormValue): FormValue {
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withLists(inner)] as const);
  const isList = entries.length > 0 && entries.every(([key]) => /^\d{1,4}$/.test(key));
  if (!isList) return Object.fromEntries(entries);
  return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, inner]) => inner);
}
