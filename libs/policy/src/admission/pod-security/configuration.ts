import { type FieldError, invalidValue, duplicate, isDns1123Label, isDns1123Subdomain, parseYaml, required } from '#api';
import { isLevel, levelComplaint, type LevelVersion, modes, parseVersion, type Policy, versionComplaint } from './policy.ts';

/** What holds where a namespace's labels say nothing, and whom the plugin leaves alone altogether. */
export interface PodSecurityConfiguration {
  defaults: Policy;
  exemptions: Record<(typeof exempted)[number], ReadonlySet<string>>;
}

/** The three dimensions of an exemption (Kubernetes, "Pod Security Admission", "Exemptions"). */
const exempted = ['usernames', 'namespaces', 'runtimeClasses'] as const;
const none: ReadonlySet<string> = new Set();
const privileged: LevelVersion = { level: 'privileged', version: 'latest' };

/** Upstream's: nothing is asked of a namespace without labels, nobody is exempt. */
export const defaultPodSecurity: PodSecurityConfiguration = {
  defaults: { enforce: privileged, audit: privileged, warn: privileged },
  exemptions: { usernames: none, namespaces: none, runtimeClasses: none },
};

type Fields = Record<string, unknown>;
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''));

/**
 * Reads what `--admission-control-config-file` holds: `AdmissionConfiguration` of apiserver.config.k8s.io/v1 with the plugin's
 * configuration inside it, or `PodSecurityConfiguration` of pod-security.admission.config.k8s.io/v1 alone. Throws an Error that names each
 * field that is wrong.
 */
export function parsePodSecurity(file: string): PodSecurityConfiguration {
  const whole = fieldsOf(parseYaml(Buffer.from(file)).value);
  const given = whole.kind === 'AdmissionConfiguration' ? pluginOf(whole) : whole;
  if (given === undefined) return defaultPodSecurity;
  const { kind, apiVersion, defaults, exemptions, ...others } = given;
  if (kind !== 'PodSecurityConfiguration' || !/^pod-security\.admission\.config\.k8s\.io\/v1(beta1|alpha1)?$/.test(text(apiVersion))) {
    throw new Error(`no kind "${text(kind)}" is registered for version "${text(apiVersion)}"`);
  }
  const errors = Object.keys(others).map((field) => invalidValue(field, others[field], 'unknown field'));
  const configuration = {
    defaults: defaultsOf(fieldsOf(defaults), errors),
    exemptions: exemptionsOf(fieldsOf(exemptions), errors),
  };
  if (errors.length > 0) throw new Error(errors.map(({ field, message }) => `${field}: ${message}`).join('; '));
  return configuration;
}

function pluginOf({ plugins }: Fields): Fields | undefined {
  const found = (Array.isArray(plugins) ? plugins : []).map(fieldsOf).find(({ name }) => name === 'PodSecurity');
  if (found?.path) throw new Error('plugins[PodSecurity].path: give the configuration in this file');
  return found && fieldsOf(found.configuration);
}

function defaultsOf(given: Fields, errors: FieldError[]): Policy {
  const known = new Set(modes.flatMap((mode) => [mode, `${mode}-version`]));
  for (const key of Object.keys(given)) if (!known.has(key)) errors.push(invalidValue(`defaults.${key}`, given[key], 'unknown field'));
  const of = (mode: (typeof modes)[number]): LevelVersion => {
    const level = text(given[mode] ?? 'privileged');
    const version = parseVersion(text(given[`${mode}-version`] ?? 'latest'));
    if (!isLevel(level)) errors.push(invalidValue(`defaults.${mode}`, level, levelComplaint));
    if (version === undefined) errors.push(invalidValue(`defaults.${mode}-version`, given[`${mode}-version`], versionComplaint));
    return { level: isLevel(level) ? level : 'restricted', version: version ?? 'latest' };
  };
  return { enforce: of('enforce'), audit: of('audit'), warn: of('warn') };
}

const nameRules: Record<(typeof exempted)[number], (name: string) => readonly string[]> = {
  usernames: () => [],
  namespaces: isDns1123Label,
  runtimeClasses: isDns1123Subdomain,
};

function exemptionsOf(given: Fields, errors: FieldError[]): PodSecurityConfiguration['exemptions'] {
  for (const key of Object.keys(given)) {
    if (!(exempted as readonly string[]).includes(key)) errors.push(invalidValue(`exemptions.${key}`, given[key], 'unknown field'));
  }
  const of = (list: (typeof exempted)[number]): ReadonlySet<string> => {
    const names = new Set<string>();
    for (const [i, item] of [given[list] ?? []].flat().entries()) {
      const field = `exemptions.${list}[${i}]`;
      const name = typeof item === 'string' ? item : '';
      const wrong = nameRules[list](name);
      if (typeof item !== 'string') errors.push(invalidValue(field, item, 'must be a string'));
      else if (name === '') errors.push(required(field));
      else if (wrong.length > 0) errors.push(invalidValue(field, name, wrong.join(', ')));
      else if (names.has(name)) errors.push(duplicate(field, name));
      names.add(name);
    }
    return names;
  };
  return { usernames: of('usernames'), namespaces: of('namespaces'), runtimeClasses: of('runtimeClasses') };
}
