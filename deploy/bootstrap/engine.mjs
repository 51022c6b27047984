// npm run engine: set-up, build, `berth engine start`. Arguments go to `berth engine`: npm run engine -- stop
import { berth, explain, prepare, runtimePackages } from './prepare.mjs';

const { 'redis-server': _redis, haproxy: _haproxy, busybox: _busybox, ...packages } = runtimePackages;
try {
  prepare(packages);
} catch (err) {
  explain(err);
}
berth(['engine', ...process.argv.slice(2)]);
