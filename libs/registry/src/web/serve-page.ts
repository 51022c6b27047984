import { RegistryError } from '../contract.ts';
import { type Exchange, statusOf, unsupported } from '../http/answer.ts';
import type { Route } from '../http/route.ts';
import { style } from './layout.ts';
import { errorPage, imagePage, type PageParts, repositoriesPage, repositoryPage } from './pages.ts';

type PageRoute = Extract<Route, { handler: 'page' }>;

/** Nothing but what comes from here: no script, no frame, no form; and nothing of it is kept or told to others. */
const safety = {
  'content-security-policy': "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The web page, made here as a whole: it works without a script, and its links are all there is to it. */
export async function servePage(parts: PageParts, exchange: Exchange, route: PageRoute): Promise<void> {
  const { request, response } = exchange;
  if (request.method !== 'GET' && request.method !== 'HEAD') throw unsupported(request.method ?? '', ['GET']);
  if (route.page === 'root' || route.page === 'login') {
    response.writeHead(303, { ...safety, location: '/ui/', 'content-length': 0 }).end();
    return;
  }
  let [status, text, type] = [200, style, 'text/css; charset=utf-8'];
  if (route.page !== 'style') {
    type = 'text/html; charset=utf-8';
    try {
      text = await render(parts, route);
    } catch (err) {
      if (!(err instanceof RegistryError)) throw err;
      [status, text] = [statusOf(err), errorPage(err, parts.permits.user)];
    }
  }
  const bytes = Buffer.from(text);
  response.writeHead(status, { ...safety, 'content-type': type, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function render(parts: PageParts, route: PageRoute): Promise<string> {
  if (route.page !== 'repository') return repositoriesPage(parts);
  return route.reference === undefined ? repositoryPage(parts, route.name) : imagePage(parts, route.name, route.reference);
}
