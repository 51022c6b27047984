import { type Node, Pair, parseDocument, Scalar, type ScalarTag, visit, YAMLMap } from 'yaml';
import { ComposeError } from '../compose-error.ts';

/** What stands in a file's model where a tag stood (compose-spec, 13-merge.md, "Reset value", "Replace value"). */
export const RESET = '\u0000reset';
export const OVERRIDE = '\u0000override';

/** Modes of files are written `0440`, which only YAML 1.1 takes for octal; Compose's own reader does. */
const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
};

/** One file as plain values: anchors and `<<` are resolved, tags of merging are marked. Throws ComposeError that names file and line. */
export function readYaml(text: string, file: string): Record<string, unknown> {
  const document = parseDocument(text, { merge: true, prettyErrors: true, logLevel: 'silent', customTags: (tags) => [octal, ...tags] });
  const [error] = document.errors;
  if (error) throw new ComposeError(`${file}: ${error.message}`);
  visit(document, {
    Node: (_key, node) => {
      if (node.tag === '!reset') return new Scalar(RESET);
      if (node.tag === '!override') return overriding(node);
      if (node.tag !== undefined && node.tag.startsWith('!'))
        throw new ComposeError(`${file}: the tag ${node.tag} is not one of Compose files`);
      return undefined;
    },
  });
  let model: unknown;
  try {
    model = document.toJS({ maxAliasCount: 1000 });
  } catch (err) {
    throw new ComposeError(`${file}: ${(err as Error).message}`, { cause: err });
  }
  if (model === null || model === undefined) return {};
  if (typeof model !== 'object' || Array.isArray(model)) throw new ComposeError(`${file}: top-level object must be a mapping`);
  return model as Record<string, unknown>;
}

function overriding(node: Node): YAMLMap {
  node.tag = undefined;
  const marked = new YAMLMap();
  marked.items.push(new Pair(new Scalar(OVERRIDE), node));
  return marked;
}
