import type { LoadedImage, LoadProgress } from '#runtime/archives.contract';
import type { Endpoint } from '../../http/endpoint.ts';
import { flag } from '../../http/query.ts';
import { familiar, inWords, shortId } from '../../images/images.ts';
import { Messages } from '../../http/messages.ts';
import { checkPlatform } from '../../system/platform.ts';

/** `docker load`: Docker Engine API, "Import images". What goes wrong is a message, as with Docker. */
export const load: Endpoint = {
  method: 'POST',
  path: '/images/load',
  async handle({ body, query }, engine) {
    checkPlatform(query);
    const quiet = flag(query, 'quiet', true);
    return {
      status: 200,
      type: 'application/json',
      async stream(out) {
        const messages = new Messages(out);
        const onProgress = ({ diffId, doneBytes, totalBytes }: LoadProgress): void =>
          messages.progress('Loading layer', shortId(diffId), { current: doneBytes, total: totalBytes });
        try {
          const loaded = await engine.options.archives.load(body as AsyncIterable<Buffer>, quiet ? {} : { onProgress });
          for (const each of loaded) tell(each, messages);
          for (const { image } of loaded) engine.events.emit('image', 'load', image.id, { name: image.id });
        } catch (err) {
          messages.error(inWords(err));
        }
      },
    };
  },
};

function tell({ image, names, renamed }: LoadedImage, messages: Messages): void {
  for (const { name, id } of renamed)
    messages.text(`The image ${familiar(name)} already exists, renaming the old one with ID ${id} to empty string\n`);
  for (const name of names) messages.text(`Loaded image: ${familiar(name)}\n`);
  if (names.length === 0) messages.text(`Loaded image ID: ${image.id}\n`);
}
