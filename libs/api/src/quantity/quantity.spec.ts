import fc from 'fast-check';
import { scaledValue } from './int-or-string.ts';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityToNumber,
  quantityValue,
  subtractQuantities,
} from './quantity.ts';

const text = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.integer({ min: 0, max: 99_999_999 }),
    fc.option(fc.integer({ min: 0, max: 9999 })),
    fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'E-2'),
  )
  .map(([sign, whole, fraction, suffix]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`);

describe('quantities', () => {
  it.each([
    ['0', '0'],
    ['0.0', '0'],
    ['0Ki', '0'],
    ['1', '1'],
    ['100m', '100m'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['2000m', '2'],
    ['1.5Gi', '1536Mi'],
    ['0.1Gi', '107374182400m'],
    ['1024Ki', '1Mi'],
    ['1000Ki', '1000Ki'],
    ['1000k', '1M'],
    ['1e3', '1e3'],
    ['12E2', '1200'],
    ['1E', '1E'],
    ['.5', '500m'],
    ['5.', '5'],
    ['-1.5k', '-1500'],
    ['1Ei', '1Ei'],
    ['0.1n', '1n'],
    ['1.2n', '2n'],
    ['0.5Ki', '512'],
    ['9223372036854775807', '9223372036854775807'],
    ['100E', '9223372036854775807'],
  ])('%s is written %s', (given, want) => {
    expect(canonicalQuantity(given)).toBe(want);
  });

  it.each(['', 'x', '1x', '1 ', ' 1', '--1', '1.2.3', '1mm', '1Kii', 'e3', '.', '1ee3', '1k3'])('refuses %j', (given) => {
    expect(() => parseQuantity(given)).toThrow(/quantit/);
  });

  it('keep their value when written, and one spelling is enough', () => {
    fc.assert(
      fc.property(text, (given) => {
        const quantity = parseQuantity(given);
        const spelling = formatQuantity(quantity);
        expect(compareQuantities(spelling, quantity)).toBe(0);
        expect(canonicalQuantity(spelling)).toBe(spelling);
      }),
    );
  });

  it('add and compare as numbers do', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(compareQuantities(subtractQuantities(addQuantities(a, b), b), a)).toBe(0);
        expect(compareQuantities(addQuantities(a, b), addQuantities(b, a))).toBe(0);
        expect(Math.sign(compareQuantities(a, b))).toBe(-Math.sign(compareQuantities(b, a)) + 0);
      }),
    );
  });

  it('round up to whole numbers and thousandths', () => {
    expect([quantityValue('1.1'), quantityValue('128Mi'), quantityMilliValue('0.0001'), quantityMilliValue('2')]).toEqual([
      2, 134_217_728, 1, 2000,
    ]);
    expect(quantityToNumber('1500m')).toBe(1.5);
  });

  it('keep the format of the first', () => {
    expect(formatQuantity(addQuantities('1Gi', '1Gi'))).toBe('2Gi');
    expect(formatQuantity(addQuantities('0', '1Gi'))).toBe('1Gi');
    expect(formatQuantity(addQuantities('100m', '1'))).toBe('1100m');
  });
});

describe('numbers or percentages', () => {
  it('scale percentages in the direction asked for', () => {
    expect([scaledValue('25%', 10, 'up'), scaledValue('25%', 10, 'down'), scaledValue(3, 10, 'up'), scaledValue('7%', 100, 'up')]).toEqual([
      3, 2, 3, 7,
    ]);
    expect(() => scaledValue('10', 10, 'up')).toThrow('invalid value for IntOrString: invalid type: string is not a percentage');
  });
});
