import type { Image } from '#runtime/images.contract';
import type { Endpoint } from '../../http/endpoint.ts';
import { familiar } from '../../images/images.ts';
import { imageSummary } from '../../images/views.ts';
import { Filters, flag } from '../../http/query.ts';

export const list: Endpoint = {
  method: 'GET',
  path: '/images/json',
  async handle({ query }, engine) {
    const filters = Filters.of(query, ['before', 'dangling', 'label', 'reference', 'since', 'until']);
    const ages = (name: string): Promise<number[]> =>
      Promise.all(filters.get(name).map(async (reference) => created(await engine.images.must(reference))));
    const [before, since] = [await ages('before'), await ages('since')];
    const isAsked = (name: string): boolean => filters.some('reference', (pattern) => fits(pattern, familiar(name)));
    const all = flag(query, 'all') || filters.has('dangling');
    const found = (await engine.images.service.list())
      .filter(({ names, repoDigests }) => all || names.length + repoDigests.length > 0)
      .filter(
        (image) =>
          filters.some('dangling', (value) => (image.names.length === 0) === (value === 'true' || value === '1')) &&
          (!filters.has('reference') || image.names.some(isAsked)) &&
          before.every((ms) => created(image) < ms) &&
          since.every((ms) => created(image) > ms) &&
          filters.labels(image.config.config?.Labels ?? null),
      );
    return {
      status: 200,
      json: found.toSorted((a, b) => created(b) - created(a)).map((image) => imageSummary(image, image.names.filter(isAsked))),
    };
  },
};

const created = ({ config }: Image): number => Date.parse(config.created ?? '') || 0;

/** Go's `path.Match` over the name, with or without its tag. */
function fits(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  try {
    const expression = new RegExp(`^${source}$`);
    return expression.test(name) || expression.test(name.replace(/:[^:/]*$/, ''));
  } catch {
    return false; // a broken class of characters matches nothing
  }
}
