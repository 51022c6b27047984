import { heredocsOf, heredocWord } from './heredocs.ts';
import { readLogicalLines } from './logical-lines.ts';

const restsOf = (text: string): string[] => readLogicalLines(text).lines.map(({ keyword, rest }) => `${keyword} ${rest}`);

/** Dockerfile reference, "Format" and "Parser directives". */
describe('lines', () => {
  it.each<[string, string, string[]]>([
    ['instructions are not case-sensitive', 'run a\nRuN b', ['RUN a', 'RUN b']],
    ['a line that begins with # is a comment', '# a\nRUN b\n  # c', ['RUN b']],
    ['# elsewhere in a line is an argument', 'RUN a # b', ['RUN a # b']],
    ['comments between continued lines go', 'RUN a \\\n# b\n  # c\nd', ['RUN a d']],
    ['blanks before an instruction are ignored', '   RUN a\n\tRUN b', ['RUN a', 'RUN b']],
    ['blanks in continued arguments are kept', 'RUN echo "\\\n   a\\\n   b"', ['RUN echo "   a   b"']],
    ['empty lines between continued ones go', 'RUN a \\\n\n\n  b', ['RUN a   b']],
    ['blanks may follow the escape', 'RUN a \\ \t\nb', ['RUN a b']],
    ['an escaped escape continues nothing', 'RUN a \\\\\nRUN b', ['RUN a \\\\', 'RUN b']],
    ['an escape alone on its line continues', 'RUN a \\\n\\\nb', ['RUN a b']],
    ['the last line may be continued by nothing', 'RUN a \\', ['RUN a']],
    ['lines may end as on Windows', 'RUN a \\\r\n b\r\nRUN c\r\n', ['RUN a  b', 'RUN c']],
    ['a byte order mark is no part of the text', '\uFEFFRUN a', ['RUN a']],
    ['with another escape a backslash is a character', '# escape=`\nCOPY a c:\\\nRUN dir c:\\ `\n b', ['COPY a c:\\', 'RUN dir c:\\  b']],
    ['directives are not case-sensitive, and may have blanks', '#\t eScApE  =  `\nRUN a `\nb', ['RUN a b']],
    ['a directive after another comment is a comment', '# x\n# escape=`\nRUN a \\\nb', ['RUN a b']],
    ['an unknown directive is a comment', '# unknown=1\n# escape=`\nRUN a \\\nb', ['RUN a b']],
    ['directives may follow one another', '# syntax=a\n# escape=`\nRUN a `\nb', ['RUN a b']],
    ['an empty line ends the directives', '\n# escape=`\nRUN a \\\nb', ['RUN a b']],
  ])('%s', (_what, text, want) => {
    expect(restsOf(text)).toEqual(want);
  });

  it('know where they began', () => {
    expect(readLogicalLines('\nRUN a \\\n b\nRUN <<E\n x\nE\nRUN c').lines.map(({ line }) => line)).toEqual([2, 4, 7]);
  });
});

/** Dockerfile reference, "Here-documents". */
describe('here-documents', () => {
  it.each<[string, string[]]>([
    ['<<EOF', ['EOF']],
    ['cat <<EOF > /a && echo', ['EOF']],
    ['cat <<FILE1 > a && cat <<FILE2 > b', ['FILE1', 'FILE2']],
    ['<<robots.txt /x/', ['robots.txt']],
    ["<<'EOF-1'", ['EOF-1']],
    ['<<"a b"', ['a b']],
    ['<< EOF', ['EOF']],
    ['<<- EOF', ['EOF']],
    ['3<<EOF', ['EOF']],
    ['<<E\\OF', ['EOF']],
    ['echo "a <<EOF b"', []],
    ["echo 'a <<EOF b'", []],
    ['cat<<EOF', []],
    ['cat <<<word', []],
    ['echo $((1 <<2))', ['2))']],
    ['cat << ', []],
    ['cat <<""', []],
    ["echo it's <<EOF", []],
    ['echo \\" <<EOF', ['EOF']],
  ])('of %s: %p', (text, names) => {
    expect(heredocsOf(text).map(({ name }) => name)).toEqual(names);
  });

  it('are quoted when any part of the word is, and lose tabs with a dash', () => {
    expect(heredocWord('<<-E"O"F')).toEqual({ name: 'EOF', chomp: true, quoted: true });
    expect(heredocWord('<<EOF')).toEqual({ name: 'EOF', chomp: false, quoted: false });
  });

  it.each<[string, string, string[]]>([
    ['comments and empty lines in them are content', 'RUN <<E\n# a\n\nE\nRUN b', ['# a\n\n']],
    ['a continuation in them is content', 'RUN <<E\na \\\nE\nRUN b', ['a \\\n']],
    ['they end only at their name alone', 'RUN <<E\n E\nE \nE\n', [' E\nE \n']],
    ['with a dash the end may be indented by tabs', 'RUN <<-E\n\ta\n\t\tE\n', ['\ta\n']],
    ['several come in the order of their words', 'RUN a <<A <<B\n1\nA\n2\nB\n', ['1\n', '2\n']],
    ['line ends stay as they are', 'RUN <<E\r\na\r\nE\r\nRUN b', ['a\r\n']],
    ['the exec form has none', 'RUN ["a", "<<E"]\nRUN b', []],
    ['other instructions have none', 'CMD cat <<E\nRUN b', []],
    ['an ONBUILD trigger has them', 'ONBUILD RUN <<E\na\nE\nRUN b', ['a\n']],
    ['after a continued line they begin below it', 'RUN <<E \\\n && b\na\nE\n', ['a\n']],
  ])('%s', (_what, text, contents) => {
    expect(readLogicalLines(text).lines.flatMap(({ heredocs }) => heredocs.map(({ content }) => content))).toEqual(contents);
  });
});
