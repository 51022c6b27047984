// A process that pulls and removes images until it is killed: faults.spec.ts. Arguments: root directory, references.
import { openImages } from '../images/open-images.ts';

const [rootDir = '', ...references] = process.argv.slice(2);
const silent = (): undefined => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent } as never;
const { images } = await openImages({ rootDir, logger });
/** Whoever reads counts the lines, and kills at one of them. */
const tell = (what: string): void => void process.stdout.write(`${what}\n`);
for (;;) {
  for (const reference of references) await images.pull(reference, { onProgress: ({ status }) => tell(status) });
  for (const reference of references) {
    tell('remove');
    await images.remove(reference);
    tell('collect');
    await images.collectGarbage();
  }
}
