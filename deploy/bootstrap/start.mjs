// npm start: set-up, build, `berth up`. Arguments go to `berth up`: npm start -- --nodes 5
import { berth, explain, prepare } from './prepare.mjs';

try {
  prepare();
} catch (err) {
  explain(err);
}
berth(['up', ...process.argv.slice(2)]);
