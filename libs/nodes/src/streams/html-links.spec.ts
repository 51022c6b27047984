import { text } from 'node:stream/consumers';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { HtmlLinks } from './html-links.ts';
import { rewriteUrl } from './proxy-links.ts';

const place = { prefix: '/api/v1/namespaces/d/pods/p/proxy', host: 'api.example:6443', backend: ['10.1.2.3:80', '10.1.2.3'] };
const P = place.prefix;

describe('a URL of a proxied page', () => {
  it.each([
    ['/x', `${P}/x`],
    ['/', `${P}/`],
    ['/x/?q=/y#/z', `${P}/x/?q=/y#/z`],
    ['/a//b/./c/../d/', `${P}/a/b/d/`],
    ['/../../x', `${P}/x`],
    [`${P}/x`, `${P}/x`],
    ['x', 'x'],
    ['', ''],
    ['?q', '?q'],
    ['#top', '#top'],
    ['mailto:a@b', 'mailto:a@b'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
    ['http://10.1.2.3:80/x', `${P}/x`],
    ['http://10.1.2.3/x', `${P}/x`],
    ['//10.1.2.3/x', `${P}/x`],
    ['http://api.example:6443/x', `http://api.example:6443${P}/x`],
    ['http://other.example/x', 'http://other.example/x'],
    ['//other.example/x', '//other.example/x'],
    ['http://10.1.2.3:8080/x', 'http://10.1.2.3:8080/x'],
  ])('%j leads to %j', (url, want) => {
    expect(rewriteUrl(url, place)).toBe(want);
  });
});

const rewritten = (pieces: readonly Buffer[]): Promise<string> => {
  const links = new HtmlLinks((url) => rewriteUrl(url, place));
  for (const piece of pieces) links.write(piece);
  links.end();
  return text(links);
};
const page = `<!DOCTYPE html><HTML manifest=/m><!-- <a href="/no"> --><!--><a href='/one'>1</a>
<a title=">" HREF = "/two?a=1&amp;b=2" data-href="/no">2</a><img src=/three longdesc="rel"><form action="http://10.1.2.3/four"><br/>
<script src="/five">if (a < b) document.write('<a href="/no">')</SCRIPT ><style>a { background: url(/no) }</style>
<textarea><a href="/no"></textarea><a href="&#47;six">6</a><a href=" /seven">7</a><a href="//cdn/no">8</a><a href>9</a>
<iframe src="/eight"><a href="/no"></iframe><video poster="/nine" src="/ten"/>é< a href="/no"><p cite="/no"></p>a<b 1<2`;
const want = page
  .replace('=/m>', `="${P}/m">`)
  .replace('/one', `${P}/one`)
  .replace('/two', `${P}/two`)
  .replace('=/three', `="${P}/three"`)
  .replace('http://10.1.2.3/four', `${P}/four`)
  .replace('/five', `${P}/five`)
  .replace('&#47;six', `${P}/six`)
  .replace('/seven', `${P}/seven`)
  .replace('/eight', `${P}/eight`)
  .replace('/nine', `${P}/nine`)
  .replace('/ten', `${P}/ten`);

describe('the links of a page', () => {
  it('are rewritten where browsers take them for links, and nothing else is', async () => {
    expect(await rewritten([Buffer.from(page)])).toBe(want);
  });

  it('are rewritten however the page is cut', async () => {
    const bytes = Buffer.from(page);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 60 }), async (cuts) => {
        const bounds = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        expect(await rewritten(bounds.slice(1).map((end, i) => bytes.subarray(bounds[i], end)))).toBe(want);
      }),
    );
  });

  it('leave bytes that are no text alone, and end for every input', async () => {
    const parts = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('<', '<!', '<!--', '-->', '<a ', ' href', '=', '"', "'", '>', '/>', '</', '<script>', '</script', '<?')
        .map((part) => Buffer.from(part)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 40 }), async (pieces) => {
        const links = new HtmlLinks((url) => url);
        for (const piece of pieces) links.write(piece);
        links.end();
        const chunks: Buffer[] = [];
        for await (const chunk of links) chunks.push(chunk as Buffer);
        expect(Buffer.concat(chunks)).toEqual(Buffer.concat(pieces));
      }),
      { numRuns: 500 },
    );
  });

  it('pass a tag that has no end', async () => {
    const endless = `<a title="${'>'.repeat(40_000)}`;
    expect(await rewritten([Buffer.from(endless), Buffer.from(' <b>')])).toBe(`${endless} <b>`);
  });

  it.each([
    ['cut', '<a/'.repeat(20_000) + '=">'],
    ['last', '<a/'.repeat(5_000) + '=">'],
  ])('read a tag that has no end once, not from each of its parts (%s)', async (_name, endless) => {
    const searched = jest.spyOn(RegExp.prototype, 'exec');
    expect(await rewritten([Buffer.from(endless)])).toBe(endless);
    expect(searched.mock.calls.length).toBeLessThan(endless.length * 10);
    searched.mockRestore();
  });
});
