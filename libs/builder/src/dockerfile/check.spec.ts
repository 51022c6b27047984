import { checkDockerfile, ruleUrl } from './check.ts';
import { parseDockerfile } from './dockerfile.ts';

const violations = (text: string): string[] => checkDockerfile(parseDockerfile(text), text).map(({ rule, line }) => `${line} ${rule}`);

describe('build checks', () => {
  it.each<[string, string[]]>([
    ['FROM a AS b\nRUN x\nCMD ["y"]\n', []],
    ['FROM a AS Base\n', ['1 StageNameCasing']],
    ['FROM a as b\n', ['1 FromAsCasing']],
    ['from a as b\nrun x\n', []],
    ['FROM a\nrun x\nRUN y\nCmd ["z"]\n', ['2 ConsistentInstructionCasing', '4 ConsistentInstructionCasing']],
    ['FROM a AS scratch\n', ['1 ReservedStageName']],
    ['FROM a\nCMD x\n', ['2 JSONArgsRecommended']],
    ['FROM a\nSHELL ["/bin/bash", "-c"]\nENTRYPOINT x\n', []],
    ['FROM a\nMAINTAINER me\n', ['2 MaintainerDeprecated']],
    ['ARG IMAGE=a\nFROM ${IMAGE} AS x\nFROM ${IMGE}\n', ['3 UndefinedArgInFrom']],
    ['FROM --platform=$BUILDPLATFORM a\n', []],
    ['FROM --platform=$TARGETPLATFORM a\n', ['1 RedundantTargetPlatform']],
    ['FROM --platform=linux/amd64 a\nFROM --platform=linux/amd64 a AS build_amd64\n', ['1 FromPlatformFlagConstDisallowed']],
    ['FROM a\nWORKDIR x\nWORKDIR y\n', ['2 WorkdirRelativePath']],
    ['FROM a\nWORKDIR /x\nWORKDIR y\n', []],
    ['FROM a\nCMD ["x"]\nCMD ["y"]\nFROM a\nCMD ["z"]\n', ['2 MultipleInstructionsDisallowed']],
    ['FROM a\nENV a b\nLABEL c d\nENV e=f\n', ['2 LegacyKeyValueFormat', '3 LegacyKeyValueFormat']],
    ['FROM a\nARG DB_PASSWORD\nENV TOKEN=x PUBLIC_KEY=y MONKEY=z\n', ['2 SecretsUsedInArgOrEnv', '3 SecretsUsedInArgOrEnv']],
    ['FROM a\nEXPOSE 80/TCP 53/udp\n', ['2 ExposeProtoCasing']],
    ['FROM a\nRUN x \\\n\n  y\nRUN <<E\n\nE\n', ['4 NoEmptyContinuation']],
    ['# check=skip=StageNameCasing,FromAsCasing\nFROM a as B\nMAINTAINER x\n', ['3 MaintainerDeprecated']],
    ['# check=skip=all\nFROM a as B\n', []],
  ])('%p', (text, wanted) => {
    expect(violations(text)).toEqual(wanted);
  });

  it('are explained where Docker explains them', () => {
    expect([ruleUrl('JSONArgsRecommended'), ruleUrl('FromAsCasing'), ruleUrl('StageNameCasing')]).toEqual([
      'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/',
      'https://docs.docker.com/go/dockerfile/rule/from-as-casing/',
      'https://docs.docker.com/go/dockerfile/rule/stage-name-casing/',
    ]);
  });

  it('become errors when the file says so', () => {
    expect(parseDockerfile('# check=error=true;skip=A\nFROM a\n').check).toEqual({ skip: ['A'], error: true });
    expect(() => parseDockerfile('# check=nonsense\nFROM a\n')).toThrow('invalid check');
  });
});
