import base from '../../jest.config.js';

/** A run of its own, since it lasts: a part of `npm test`, and `npm run fuzz`. */
export default { ...base, rootDir: '../..', testMatch: ['<rootDir>/test/fuzz/*.spec.ts'] };
