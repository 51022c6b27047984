import { ManualClock, seededRandom } from '#base/testing';
import { storeConformance } from './conformance/store-conformance.ts';
import { MemoryStore } from './memory/memory-store.ts';
import { createSealing, type SealKey, sealedStore } from './sealing.ts';

const one: SealKey = { id: 'one', secret: Buffer.alloc(32, 1) };
const two: SealKey = { id: 'two', secret: Buffer.alloc(32, 2) };

describe('sealing', () => {
  it('hides the text, and gives it back', () => {
    const sealing = createSealing([one], seededRandom(1));
    const sealed = sealing.seal('/secrets/a/b', '{"data":"ü"}');
    expect(sealed).toMatch(/^berth:sealed:v1:one:[A-Za-z0-9+/=]+$/);
    expect(sealing.open('/secrets/a/b', sealed)).toBe('{"data":"ü"}');
    expect(sealing.seal('/secrets/a/b', '{"data":"ü"}')).not.toBe(sealed);
  });

  it('opens with an older key after a rotation, and seals with the newest', () => {
    const old = createSealing([one]).seal('k', 'text');
    const rotated = createSealing([two, one]);
    expect(rotated.open('k', old)).toBe('text');
    expect(rotated.seal('k', 'text')).toContain(':two:');
  });

  it('leaves what was never sealed as it is', () => {
    expect(createSealing([one]).open('k', '{"plain":true}')).toBe('{"plain":true}');
  });

  const corrupt = expect.objectContaining({ name: 'StoreError', code: 'corrupt' });
  it.each([
    ['another key of the store', () => createSealing([one]).open('other', createSealing([one]).seal('k', 'text'))],
    ['an unknown seal key', () => createSealing([one]).open('k', createSealing([two]).seal('k', 'text'))],
    ['a wrong secret of the same id', () => createSealing([{ ...two, id: 'one' }]).open('k', createSealing([one]).seal('k', 'text'))],
    ['altered text', () => createSealing([one]).open('k', `${createSealing([one]).seal('k', 'text').slice(0, -6)}AAAAAA`)],
    ['cut text', () => createSealing([one]).open('k', 'berth:sealed:v1:one:AAAA')],
  ])('refuses %s', (_name, open) => {
    expect(open).toThrow(corrupt);
  });

  it('refuses a key that is not 32 bytes', () => {
    expect(() => createSealing([{ id: 'short', secret: Buffer.alloc(16) }])).toThrow('32 bytes');
  });

  it('seals only what must be', async () => {
    const memory = new MemoryStore({ clock: new ManualClock() });
    const store = sealedStore(memory, createSealing([one]), (key) => key.startsWith('/secrets/'));
    await store.write(['/secrets/a/b', '/pods/a/b'].map((key) => ({ key, expect: 'any', value: '{"x":1}' })));
    expect((await memory.list('')).entries.map((e) => e.value)).toEqual(['{"x":1}', expect.stringMatching(/^berth:sealed:/)]);
    expect((await store.list('')).entries.map((e) => e.value)).toEqual(['{"x":1}', '{"x":1}']);
  });
});

storeConformance('a sealed store', async (options) => sealedStore(new MemoryStore(options), createSealing([one]), () => true));
