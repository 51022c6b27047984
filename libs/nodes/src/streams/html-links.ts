import { Transform, type TransformCallback } from 'node:stream';

/** Attributes that hold URLs: `k8s.io/apimachinery/pkg/util/proxy`, which has them from HTML 4 and 5. */
const links = new Map(
  Object.entries({
    a: 'href',
    applet: 'codebase',
    area: 'href',
    audio: 'src',
    base: 'href',
    blockquote: 'cite',
    body: 'background',
    button: 'formaction',
    command: 'icon',
    del: 'cite',
    embed: 'src',
    form: 'action',
    frame: 'longdesc src',
    head: 'profile',
    html: 'manifest',
    iframe: 'longdesc src',
    img: 'longdesc src usemap',
    input: 'src usemap formaction',
    ins: 'cite',
    link: 'href',
    object: 'classid codebase data usemap',
    q: 'cite',
    script: 'src',
    source: 'src',
    video: 'poster src',
  }).map(([element, attributes]) => [element, new Set(attributes.split(' '))]),
);
/** What they hold is text to a browser, tags and all. */
const textElements = new Set(['iframe', 'noembed', 'noframes', 'noscript', 'plaintext', 'script', 'style', 'textarea', 'title', 'xmp']);
/** A longer tag passes as it is: somebody else's page may not fill our memory. */
const maxTagLength = 16 * 1024;

interface Attribute {
  name: string;
  /** Where the value begins and ends, without quotes. */
  from: number;
  to: number;
  quoted: boolean;
}

/**
 * Rewrites the links in a page, and leaves every other byte as it is. Bytes are looked at one by one, which is right for every encoding that
 * ASCII is part of; pages in UTF-16 pass unchanged.
 */
export class HtmlLinks extends Transform {
  private text = '';
  /** What the present stretch of text ends with: a comment, a script. `keep`: how much of it the end of a piece may have cut. */
  private until: { end: RegExp; keep: number; included: boolean } | undefined;

  constructor(private readonly rewrite: (url: string) => string) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.text += chunk.toString('latin1');
    done(null, this.decided(false));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.decided(true));
  }

  /** All that is decided. */
  private decided(last: boolean): Buffer {
    let out = '';
    for (;;) {
      const [taken, more] = this.until ? this.stretch(this.until, last) : this.next(last);
      out += taken;
      if (!more) return Buffer.from(out, 'latin1');
    }
  }

  private cut(length: number): string {
    const taken = this.text.slice(0, length);
    this.text = this.text.slice(length);
    return taken;
  }

  private stretch({ end, keep, included }: NonNullable<HtmlLinks['until']>, last: boolean): [string, boolean] {
    const found = end.exec(this.text);
    if (!found) return [this.cut(last ? this.text.length : Math.max(0, this.text.length - keep)), false];
    this.until = undefined;
    return [this.cut(found.index + (included ? found[0].length : 0)), true];
  }

  private next(last: boolean): [string, boolean] {
    const begin = this.text.indexOf('<');
    if (begin !== 0) return [this.cut(begin < 0 ? this.text.length : begin), begin > 0];
    if (this.text.length < 4 && !last) return ['', false];
    if (this.text.startsWith('<!--')) {
      this.until = { end: /--!?>/, keep: 3, included: true };
      return [this.cut(2), true];
    }
    if (/^<(?:[!?]|\/[a-z])/i.test(this.text)) {
      this.until = { end: />/, keep: 0, included: true };
      return [this.cut(2), true];
    }
    if (!/^<[a-z]/i.test(this.text)) return [this.cut(1), true];
    return this.tag(last);
  }

  private tag(last: boolean): [string, boolean] {
    const parsed = this.text.indexOf('>') < 0 ? undefined : tagIn(this.text);
    if (!parsed) {
      // Never read again from its next `<` on: that would take the square of its length.
      if (last) return [this.cut(this.text.length), false];
      return this.text.length > maxTagLength ? [this.cut(maxTagLength), true] : ['', false];
    }
    const { element, attributes, length } = parsed;
    if (textElements.has(element)) {
      this.until = { end: new RegExp(`</${element}[ \\t\\n\\f\\r/>]`, 'i'), keep: element.length + 2, included: false };
    }
    const whole = this.cut(length);
    let out = '';
    let at = 0;
    for (const { name, from, to, quoted } of attributes) {
      if (!links.get(element)?.has(name)) continue;
      const value = whole.slice(from, to);
      const rewritten = this.link(value);
      if (rewritten === value) continue;
      out += whole.slice(at, from) + (quoted ? rewritten : `"${rewritten.replaceAll('"', '&quot;')}"`);
      at = to;
    }
    return [out + whole.slice(at), true];
  }

  /** Only what decides where a link leads may be written as references (`&#47;`); the others stay what they are. */
  private link(value: string): string {
    const [, space = '', url = ''] = /^([ \t\n\f\r]*)(.*)$/s.exec(value) ?? [];
    const plain = url.replaceAll(/&#0*47;?|&#x0*2f;?|&sol;/gi, '/').replaceAll(/&#0*58;?|&#x0*3a;?|&colon;/gi, ':');
    const rewritten = this.rewrite(plain);
    return rewritten === plain ? value : space + rewritten;
  }
}

/** The tag that `text` begins with; undefined while it has no end. HTML, "Tokenization". */
function tagIn(text: string): { element: string; attributes: Attribute[]; length: number } | undefined {
  const match = (pattern: RegExp, from: number): string => {
    pattern.lastIndex = from;
    return pattern.exec(text)?.[0] ?? '';
  };
  const element = match(/<[^ \t\n\f\r/>]*/y, 0)
    .slice(1)
    .toLowerCase();
  const attributes: Attribute[] = [];
  for (let at = element.length + 1; ; ) {
    at += match(/[ \t\n\f\r/]*/y, at).length;
    if (at >= text.length) return undefined;
    if (text[at] === '>') return { element, attributes, length: at + 1 };
    const name = match(/[^ \t\n\f\r/>][^ \t\n\f\r/>=]*/y, at);
    at += name.length;
    const equals = match(/[ \t\n\f\r]*=[ \t\n\f\r]*/y, at);
    at += equals.length;
    if (!equals) continue;
    const quote = text[at] === '"' || text[at] === "'" ? text[at] : undefined;
    const from = quote ? at + 1 : at;
    const to = quote ? text.indexOf(quote, from) : from + match(/[^ \t\n\f\r>]*/y, from).length;
    if (to < 0 || to >= text.length) return undefined;
    attributes.push({ name: name.toLowerCase(), from, to, quoted: quote !== undefined });
    at = quote ? to + 1 : to;
  }
}
