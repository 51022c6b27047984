import { type Html, html } from './html.ts';

/** Served as a file of its own, so that the page needs no inline style (and its policy allows none). */
export const style = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; }
nav ol { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; }
nav li + li::before { content: "/"; padding-right: .5rem; }
table { border-collapse: collapse; width: 100%; }
caption { font-weight: bold; padding: .5rem 0; text-align: left; }
th, td { border-bottom: 1px solid; padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top; }
.size { text-align: right; white-space: nowrap; }
code { overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
`;

export interface Crumb {
  text: string;
  href: string;
}

/** A whole page. The last crumb is the page itself. */
export function layout({ crumbs, user, content }: { crumbs: readonly Crumb[]; user: string | undefined; content: Html }): string {
  const title = crumbs.at(-1)!.text;
  const links = crumbs.map(({ text, href }, i) =>
    i === crumbs.length - 1
      ? html`<li><a href="${href}" aria-current="page">${text}</a></li>`
      : html`<li><a href="${href}">${text}</a></li>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} &ndash; registry</title>
<link rel="stylesheet" href="/ui/style.css">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<nav aria-label="Where you are"><ol>${links}</ol></nav>
<p>${user === undefined ? html`<a href="/ui/login">Sign in</a>` : html`Signed in as ${user}`}</p>
</header>
<main id="content">
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text;
}
