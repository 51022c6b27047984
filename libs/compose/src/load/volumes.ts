import { invalid } from '../compose-error.ts';
import { isModel } from './merge.ts';

/** compose-spec, "volumes": `[SOURCE:]TARGET[:MODE]`, or the long form. What begins with `.`, `/` or `~` is a path of the machine. */
export function longMount(item: unknown, at: string, base: { path: (relative: string) => string }): Record<string, unknown> {
  if (isModel(item)) {
    const source = item['source'];
    return item['type'] === 'bind' && typeof source === 'string' ? { ...item, source: base.path(source) } : item;
  }
  if (typeof item !== 'string') throw invalid(at, 'must be a string or a mapping');
  const parts = item.split(':');
  if (parts.length > 3 || parts.some((part) => part === '')) throw invalid(at, `invalid spec: ${item}: empty section between colons`);
  if (parts.length === 1) return { type: 'volume', target: parts[0] };
  const [source = '', target, mode = ''] = parts;
  const isPath = /^[./~]/.test(source);
  const options = mode === '' ? [] : mode.split(',');
  const mount: Record<string, unknown> = { type: isPath ? 'bind' : 'volume', source: isPath ? base.path(source) : source, target };
  const propagation: Record<string, unknown> = {};
  for (const option of options) {
    if (option === 'ro') mount['read_only'] = true;
    else if (option === 'z' || option === 'Z') propagation['selinux'] = option;
    else if (/^r?(private|shared|slave)$/.test(option)) propagation['propagation'] = option;
    else if (option === 'nocopy') mount['volume'] = { nocopy: true };
    else if (option !== 'rw' && option !== 'cached' && option !== 'delegated' && option !== 'consistent')
      throw invalid(at, `invalid mode ${JSON.stringify(option)} in ${item}`);
  }
  if (isPath) mount['bind'] = { create_host_path: true, ...propagation };
  else if (Object.keys(propagation).length > 0) mount['bind'] = propagation;
  return mount;
}
