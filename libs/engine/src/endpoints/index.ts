import type { Endpoint } from '../http/endpoint.ts';
import { build } from './build/index.ts';
import { commit } from './commit.ts';
import { containers } from './containers/index.ts';
import { exec } from './exec/index.ts';
import { images } from './images/index.ts';
import { networks } from './networks/index.ts';
import { auth } from './system/auth.ts';
import { diskUsage } from './system/disk-usage.ts';
import { events } from './system/events.ts';
import { info } from './system/info.ts';
import { ping } from './system/ping.ts';
import { version } from './system/version.ts';
import { volumes } from './volumes/index.ts';

/** All that the API serves. What is not here is answered with "page not found". */
export const endpoints: readonly Endpoint[] = [
  ...ping,
  version,
  info,
  events,
  diskUsage,
  auth,
  ...containers,
  ...exec,
  ...images,
  ...volumes,
  ...build,
  commit,
  ...networks,
];
