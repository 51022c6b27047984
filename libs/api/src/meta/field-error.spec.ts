import { invalid } from './api-error.ts';
import { errorsOf, type FieldError, invalidValue, required } from './field-error.ts';

const kind = { group: '', kind: 'Pod' };
const many = (count: number, make: (i: number) => FieldError): FieldError[] => Array.from({ length: count }, (_, i) => make(i));

describe('complaints about fields', () => {
  it('stops validators that complain without end, and says so', () => {
    let made = 0;
    const errors = errorsOf(() => many(100_000, (i) => (made++, required(`a[${i}]`))));
    expect(made).toBe(501);
    expect(errors).toHaveLength(501);
    const { message, details } = invalid(kind, 'p', errors).status;
    expect(message).toContain('a[0]: Required value, a[1]: Required value, ');
    expect(message).toMatch(/<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; .*\]$/);
    expect(details?.causes).toHaveLength(501);
  });

  it('answers what validators answer, however often they looked', () => {
    const probe = (): FieldError[] => (many(10, (i) => required(`b${i}`)).length > 0 ? [required('c')] : []);
    expect(errorsOf(probe).map(({ field }) => field)).toEqual(['c']);
    expect(errorsOf(() => [...errorsOf(probe), required('d')]).map(({ field }) => field)).toEqual(['c', 'd']);
  });

  it('lets what validators throw through, and counts anew afterwards', () => {
    const broken = (): FieldError[] => {
      many(400, () => required('x'));
      throw new TypeError('broken');
    };
    expect(() => errorsOf(broken)).toThrow(TypeError);
    expect(errorsOf(() => many(400, () => required('x')))).toHaveLength(400);
  });

  it('makes a text when it is read', () => {
    const value = {
      toJSON: () => {
        throw new Error('shown');
      },
    };
    const error = invalidValue('a', value, 'no');
    expect(() => error.message).toThrow('shown');
  });

  it('cuts long values, and answers of too many long texts', () => {
    const { message } = invalidValue('a', 'x'.repeat(3_000_000), 'must be short');
    expect(message).toMatch(/^Invalid value: "x{65536}\.\.\.": must be short$/);
    const { status } = invalid(
      kind,
      '',
      many(400, (i) => invalidValue(`a[${i}]`, `${i}${'x'.repeat(3_000_000)}`, 'no')),
    );
    expect(JSON.stringify(status).length).toBeLessThan(3_000_000);
    expect(status.details?.causes?.at(-1)?.message).toContain('some validation rules were not checked');
  });
});
