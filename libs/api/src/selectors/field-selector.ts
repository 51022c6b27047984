import { badRequest } from '../meta/api-error.ts';

export interface FieldRequirement {
  field: string;
  operator: '=' | '!=';
  value: string;
}

/** `k8s.io/apimachinery/pkg/fields`. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  get empty(): boolean {
    return this.requirements.length === 0;
  }

  /** `valueOf` answers the value of a field in the object that is asked about, '' where it is unset. */
  matches(valueOf: (field: string) => string): boolean {
    return this.requirements.every(({ field, operator, value }) => (valueOf(field) === value) === (operator === '='));
  }

  /** The value that `field` must have, when the selector says so. */
  exact(field: string): string | undefined {
    return this.requirements.find((r) => r.field === field && r.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements
      .map(({ field, operator, value }) => `${field}${operator}${value.replaceAll(/[\\,=]/g, String.raw`\$&`)}`)
      .join(',');
  }
}

/** Reads the `fieldSelector` parameter: `a=b,c==d,e!=f`; `\,`, `\=` and `\\` stand for themselves in values. Throws ApiError 400. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = (text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? []).toSorted();
  return new FieldSelector(
    terms.map((term) => {
      const split = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
      if (!split) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      return { field: split[1]!, operator: split[2] === '!=' ? '!=' : '=', value: unescapeValue(split[3]!) };
    }),
  );
}

function unescapeValue(text: string): string {
  return text.replaceAll(/\\([^])?|=/g, (sequence, escaped: string | undefined) => {
    if (sequence === '=') throw badRequest('invalid field selector: unescaped character in value: 61');
    if (escaped === undefined || !'\\,='.includes(escaped)) {
      throw badRequest(`invalid field selector: invalid escape sequence: ${sequence}`);
    }
    return escaped;
  });
}
