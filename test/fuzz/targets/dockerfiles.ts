import { BuildError } from '#builder/contract';
import { parseDockerfile } from '#builder/testing';
import type { Random } from '#base';
import type { Target } from '../contract.ts';
import { excerpt, mutated, oneOf, sizeUpTo, trickyText } from '../inputs/bytes.ts';

const lines = [
  'FROM scratch',
  'FROM a:1 AS b',
  'FROM --platform=$X a',
  '# escape=`',
  '# syntax=x',
  '# a comment',
  'ARG A=b',
  'ARG A B=${A:-c}',
  'ENV A=b C="d e"',
  'ENV A b c',
  'RUN echo hi',
  'RUN ["a", "b"]',
  'RUN ["a", b]',
  'RUN <<EOF',
  'COPY <<EOF /a',
  'COPY <<-"E O" <<B /d/',
  'EOF',
  'B',
  'COPY a b /c/',
  'COPY --from=b --chown=1:2 ["a b", "c"]',
  'ADD --checksum=sha256:a a b',
  'WORKDIR /a/${B}',
  'USER 1:2',
  'EXPOSE 80/tcp 90-100/udp',
  'VOLUME ["/a"]',
  'VOLUME /a /b',
  'STOPSIGNAL SIGTERM',
  'SHELL ["/bin/sh", "-c"]',
  'HEALTHCHECK --interval=1s CMD a',
  'HEALTHCHECK NONE',
  'ONBUILD RUN a',
  'LABEL a=b "c d"=e',
  'MAINTAINER x',
  'ENTRYPOINT a',
  'CMD ["a"]',
  'COPY --parents a b',
  'RUN --mount=type=cache,target=/a b',
  'ENV X=${V#x} Y=${V%%x} Z=${V/a/b}',
  '\\',
  '  \\',
  '\t',
  '',
]; // prettier-ignore

/** Dockerfiles: read, or refused with the line of the mistake. */
export const dockerfiles: Target<Buffer> = {
  name: 'dockerfiles',
  share: 2,
  open: async () => ({
    make: dockerfile,
    show: excerpt,
    async feed(bytes) {
      try {
        parseDockerfile(bytes.toString());
      } catch (err) {
        if (!(err instanceof BuildError)) throw err;
      }
      return undefined;
    },
    close: async () => {},
  }),
};

function dockerfile(random: Random): Buffer {
  const many = random.below(100) === 0;
  const line = (): string =>
    random.below(6) === 0
      ? `${oneOf(random, ['RUN', 'COPY', 'ENV', 'FROM', 'ARG', 'LABEL'])} ${trickyText(random)} ${trickyText(random)}`
      : oneOf(random, lines);
  const repeated = oneOf(random, [...lines, '${A', '"', '\\', "'", '$', 'a=b ', '<<E ']);
  const text = many
    ? `FROM scratch\n${oneOf(random, ['', 'ENV ', 'RUN ', 'COPY '])}${`${repeated}${oneOf(random, ['\n', ' ', '', '\\\n'])}`.repeat(sizeUpTo(random, 50_000))}`
    : `FROM scratch\n${Array.from({ length: sizeUpTo(random, 20) }, line).join(oneOf(random, ['\n', '\r\n', ' \\\n']))}`;
  const bytes = Buffer.from(text);
  return random.below(2) === 0 ? mutated(bytes, random) : bytes;
}
