import type { Image, ImageService } from '../images.contract.ts';

/** A service, and the registry that it pulls from. */
export interface ImagesUnderTest {
  images: ImageService;
  /** `host:port` of a registry that it reaches. */
  registry: string;
  /** Puts an image with this command under a name such as `app:v1` of the registry. Equal commands give equal images. */
  publish(name: string, command: string): Promise<void>;
  close(): Promise<void>;
}

/** What every `ImageService` must do. Run it with each implementation; a fault found in one becomes a case here. */
export function imageServiceConformance(name: string, make: () => Promise<ImagesUnderTest>): void {
  describe(`${name} keeps the contract of image services`, () => {
    let under: ImagesUnderTest;
    let images: ImageService;
    beforeEach(async () => {
      under = await make();
      ({ images } = under);
      await under.publish('app:v1', 'one');
    }, 30_000);
    afterEach(() => under.close());

    const at = (reference: string): string => `${under.registry}/${reference}`;
    const commandOf = (image: Image | undefined): string | undefined => image?.config.config?.Cmd?.[0];
    const namesOf = async (reference: string): Promise<string[] | undefined> => (await images.get(reference))?.names;
    const absent = `sha256:${'0'.repeat(64)}`;

    it('pull brings an image, which is then found by name, by id and by digest', async () => {
      const image = await images.pull(at('app:v1'));
      expect(image.names).toEqual([at('app:v1')]);
      expect(image.repoDigests).toEqual([expect.stringMatching(`^${under.registry}/app@sha256:[0-9a-f]{64}$`)]);
      expect(commandOf(image)).toBe('one');
      for (const reference of [at('app:v1'), image.id, image.id.slice('sha256:'.length), image.repoDigests[0]!])
        expect(await images.get(reference)).toEqual(image);
      expect(await images.list()).toEqual([image]);
    });

    it('pull of what is here already, of it by digest, and by several at once are one image', async () => {
      const [image, same] = await Promise.all([images.pull(at('app:v1')), images.pull(at('app:v1'))]);
      expect([same, await images.pull(at('app:v1'))]).toEqual([image, image]);
      expect(await images.pull(image.repoDigests[0]!)).toEqual(image);
      expect(await images.list()).toEqual([image]);
    });

    it('a name without a tag means latest', async () => {
      await under.publish('app:latest', 'newest');
      expect(commandOf(await images.pull(at('app')))).toBe('newest');
      expect(commandOf(await images.get(at('app:latest')))).toBe('newest');
    });

    it('a name that moved leaves the image that had it', async () => {
      const old = await images.pull(at('app:v1'));
      await under.publish('app:v1', 'two');
      const { id } = await images.pull(at('app:v1'));
      expect(id).not.toBe(old.id);
      expect([commandOf(await images.get(at('app:v1'))), await namesOf(old.id)]).toEqual(['two', []]);
    });

    it('what was answered does not change any more', async () => {
      const image = await images.pull(at('app:v1'));
      const listed = (await images.list())[0]!;
      await images.tag(at('app:v1'), at('other:v1'));
      image.names.push('mine');
      expect([listed.names, await namesOf(image.id)]).toEqual([[at('app:v1')], [at('app:v1'), at('other:v1')]]);
    });

    it.each([
      { call: 'get', reference: () => at('none:v1'), want: undefined },
      { call: 'get', reference: () => absent, want: undefined },
      { call: 'get', reference: () => 'No Name', want: 'invalid-image-name' },
      { call: 'pull', reference: () => at('none:v1'), want: 'image-not-found' },
      { call: 'pull', reference: () => at('app:v2'), want: 'image-not-found' },
      { call: 'pull', reference: () => at(`app@${absent}`), want: 'image-not-found' },
      { call: 'pull', reference: () => at('UPPER:v1'), want: 'invalid-image-name' },
      { call: 'push', reference: () => at('none:v1'), want: 'image-not-found' },
      { call: 'push', reference: () => 'No Name', want: 'invalid-image-name' },
      { call: 'remove', reference: () => at('none:v1'), want: undefined },
      { call: 'remove', reference: () => absent, want: undefined },
      { call: 'remove', reference: () => 'No Name', want: 'invalid-image-name' },
    ] as const)('$call of what is not there, or no name: $want', async ({ call, reference, want }) => {
      const answer = images[call](reference());
      if (want === undefined) expect(await answer).toBeUndefined();
      else await expect(answer).rejects.toMatchObject({ code: want });
      expect(await images.list()).toEqual([]);
    });

    it('pull that was given up is rejected with the reason', async () => {
      await expect(images.pull(at('app:v1'), { signal: AbortSignal.abort(new Error('gave up')) })).rejects.toThrow('gave up');
      expect(await images.list()).toEqual([]);
    });

    it('tag adds a name, also one that another image had', async () => {
      await under.publish('app:v2', 'two');
      const [one, two] = [await images.pull(at('app:v1')), await images.pull(at('app:v2'))];
      await images.tag(one.id, at('app:v2'));
      expect([await namesOf(one.id), await namesOf(two.id)]).toEqual([[at('app:v1'), at('app:v2')], []]);
      await expect(images.tag(at('none:v1'), at('x:v1'))).rejects.toMatchObject({ code: 'image-not-found' });
      await expect(images.tag(at('app:v1'), at(`x@${absent}`))).rejects.toMatchObject({ code: 'invalid-image-name' });
    });

    it('remove takes one name, and the image with the last one', async () => {
      const { id } = await images.pull(at('app:v1'));
      await images.tag(id, at('app:other'));
      await images.remove(at('app:v1'));
      expect([await images.get(at('app:v1')), await namesOf(id)]).toEqual([undefined, [at('app:other')]]);
      await images.remove(at('app:other'));
      expect([await images.get(id), await images.list()]).toEqual([undefined, []]);
    });

    it('remove by id takes the image with all its names, and it can be pulled again', async () => {
      const { id } = await images.pull(at('app:v1'));
      await images.tag(id, at('app:other'));
      await images.remove(id);
      await images.collectGarbage();
      expect(await images.list()).toEqual([]);
      expect((await images.pull(at('app:v1'))).id).toBe(id);
    });

    it('push makes an image known to the registry', async () => {
      const { id } = await images.pull(at('app:v1'));
      await images.tag(id, at('pushed:v1'));
      const { digest } = await images.push(at('pushed:v1'));
      expect((await images.get(id))?.repoDigests).toContain(at(`pushed@${digest}`));
      await images.remove(id);
      expect((await images.pull(at('pushed:v1'))).id).toBe(id);
    });

    it('garbage collection leaves what is pinned, also when another image has taken its name', async () => {
      const { id } = await images.pull(at('app:v1'));
      await images.pin(id);
      await under.publish('app:v2', 'two');
      const other = await images.pull(at('app:v2'));
      await images.tag(other.id, at('app:v1'));
      await images.collectGarbage();
      expect(await images.get(id)).toMatchObject({ pinned: true });
      await images.remove(id);
      expect(await images.get(id)).toBeUndefined();
    });

    it('what is pinned stays without its last name', async () => {
      const { id } = await images.pull(at('app:v1'));
      await images.pin(id);
      await images.remove(at('app:v1'));
      await images.collectGarbage();
      expect(await images.get(at('app:v1'))).toBeUndefined();
      expect(await images.get(id)).toMatchObject({ names: [] });
      await images.remove(id);
      expect(await images.get(id)).toBeUndefined();
    });

    it('garbage collection leaves what has a name', async () => {
      const image = await images.pull(at('app:v1'));
      expect(await images.collectGarbage()).toEqual({ removedBytes: expect.any(Number) });
      expect(await images.get(at('app:v1'))).toEqual(image);
    });
  });
}
