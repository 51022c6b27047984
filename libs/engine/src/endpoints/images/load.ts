import type { LoadedImage, LoadProgress } from '#runtime/archives.contract';
import type { Endpoint } from '../../http/endpoint.ts';
import { flag } from '../../http/query.ts';
import { familiar, inWords, shortId } from '../../images/images.ts';
import { type Messages, WaitingMessages } from '../../http/messages.ts';
import { checkPlatform } from '../../system/platform.ts';

/** `docker load`: Docker Engine API, "Import images". What goes wrong is a message, as with Docker. */
export const load: Endpoint = {
  method: 'POST',
  path: '/images/load',
  async handle({ body, query }, engine) {
    checkPlatform(query);
    const quiet = flag(query, 'quiet', true);
    const waiting = new WaitingMessages();
    const { messages } = waiting;
    const begun = Promise.withResolvers<void>();
    const onProgress = ({ diffId, doneBytes, totalBytes }: LoadProgress): void => {
      messages.progress('Loading layer', shortId(diffId), { current: doneBytes, total: totalBytes });
      begun.resolve();
    };
    const done = engine.options.archives.load(body as AsyncIterable<Buffer>, quiet ? {} : { onProgress }).then(
      async (loaded) => {
        for (const each of loaded) tell(each, messages);
        for (const { image } of loaded) engine.events.emit('image', 'load', image.id, { name: image.id });
      },
      (err: unknown) => messages.error(inWords(err)),
    );
    // Clients take an answer for the end of what they have to send.
    await Promise.race([begun.promise, done]);
    return {
      status: 200,
      type: 'application/json',
      async stream(out) {
        waiting.to(out);
        await done;
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
