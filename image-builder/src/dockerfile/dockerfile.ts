/**
 * A Dockerfile as the host builder works with it: stages of instructions, each with its line and its words.
 *
 * dockerfile-ast finds instructions, flags and here-documents; words are split here, because its own reading of JSON
 * arguments loses spaces. Nothing is expanded yet: variables have their values only while a stage is built.
 * Throws AppError invalid/`dockerfile_invalid` with the line.
 */
import { DockerfileParser, type Flag, type Heredoc, type Instruction as AstInstruction } from 'dockerfile-ast';
import { AppError } from '@aws-deployer/platform/errors/app-error';

export interface HereDocument {
  readonly name: string;
  readonly content: string;
  /** `<<'EOF'`: variables in it stay as they are. */
  readonly quoted: boolean;
}
export interface Instruction {
  /** Upper case. */
  readonly keyword: string;
  /** Counts from 1. */
  readonly line: number;
  /** As written, on one line: for the log and for errors. */
  readonly text: string;
  /** `--from=build` → `from`; a flag without a value is ''. Repeated flags: the last. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows the flags, continuation lines joined; a here-document's body is not in it. */
  readonly rest: string;
  /** Set for the JSON form. */
  readonly json: readonly string[] | undefined;
  readonly heredocs: readonly HereDocument[];
}
export interface Stage {
  readonly name: string | undefined;
  readonly from: Instruction;
  /** Unexpanded. */
  readonly image: string;
  readonly instructions: readonly Instruction[];
}
export interface Dockerfile {
  readonly globalArgs: readonly Instruction[];
  readonly stages: readonly Stage[];
  readonly escape: string;
}

const KNOWN = new Set(
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  ),
);

export const dockerfileInvalid = (line: number, message: string): AppError =>
  new AppError('invalid', 'dockerfile_invalid', `Dockerfile line ${String(line)}: ${message}`, {
    fields: [
      {
        field: 'source.dockerfile',
        message: `line ${String(line)}: ${message}`,
        mend: 'Correct the Dockerfile and push',
      },
    ],
  });

export function parseDockerfile(content: string): Dockerfile {
  const ast = DockerfileParser.parse(content);
  const lines = content.split(/\r?\n/);
  const escape = ast.getEscapeCharacter();
  const globalArgs: Instruction[] = [];
  const stages: { name: string | undefined; from: Instruction; image: string; instructions: Instruction[] }[] = [];
  for (const node of ast.getInstructions()) {
    const instruction = read(node, lines, escape);
    if (!KNOWN.has(instruction.keyword))
      throw dockerfileInvalid(instruction.line, `${instruction.keyword} is not an instruction`);
    if (instruction.keyword === 'FROM') {
      const match = /^(\S+)(?:\s+as\s+(\S+))?$/i.exec(instruction.rest.trim());
      if (match?.[1] === undefined) throw dockerfileInvalid(instruction.line, 'FROM takes an image and AS a name');
      stages.push({ name: match[2]?.toLowerCase(), from: instruction, image: match[1], instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.keyword === 'ARG') globalArgs.push(instruction);
    else throw dockerfileInvalid(instruction.line, `${instruction.keyword} comes before the first FROM`);
  }
  if (stages.length === 0) throw dockerfileInvalid(1, 'there is no FROM');
  return { globalArgs, stages, escape };
}

function read(node: AstInstruction, lines: readonly string[], escape: string): Instruction {
  const range = node.getRange();
  const keyword = node.getKeyword().toUpperCase();
  const takes = <T>(method: string): readonly T[] => {
    const found: unknown = (node as unknown as Record<string, unknown>)[method];
    return typeof found === 'function' ? (found.call(node) as readonly T[]) : [];
  };
  const flags: Record<string, string> = {};
  for (const flag of takes<Flag>('getFlags')) flags[flag.getName().toLowerCase()] = flag.getValue() ?? '';
  const heredocs = (
    keyword === 'RUN' || keyword === 'COPY' || keyword === 'ADD' ? takes<Heredoc>('getHeredocs') : []
  ).map((heredoc): HereDocument => {
    const start = heredoc.getStartRange();
    const content = heredoc.getContentRange();
    const opening = lines[start.start.line]?.slice(start.start.character, start.end.character) ?? '';
    const body = content === null ? [] : lines.slice(content.start.line, content.end.line + 1);
    const stripped = opening.startsWith('<<-') ? body.map((line) => line.replace(/^\t+/, '')) : body;
    return {
      name: heredoc.getName(),
      quoted: /['"]/.test(opening),
      content: stripped.map((line) => `${line}\n`).join(''),
    };
  });
  const raw = node.getRawArgumentsContent() ?? '';
  const rest = heredocs.length > 0 ? (raw.split(/\r?\n/)[0] ?? '') : joinLines(raw, escape);
  return {
    keyword,
    line: range.start.line + 1,
    text: `${keyword} ${Object.entries(flags)
      .map(([name, value]) => `--${name}=${value} `)
      .join('')}${rest}`.trim(),
    flags,
    rest,
    json: jsonForm(rest),
    heredocs,
  };
}

/** Continuation lines become one; comment lines between them go. */
function joinLines(raw: string, escape: string): string {
  const kept = raw.split(/\r?\n/).filter((line, index) => index === 0 || !/^\s*#/.test(line));
  return kept
    .map((line, index) => {
      const continued = line.trimEnd().endsWith(escape);
      if (!continued) return index === kept.length - 1 ? line : `${line} `;
      return line.trimEnd().slice(0, -1);
    })
    .join('')
    .trim();
}

function jsonForm(rest: string): readonly string[] | undefined {
  if (!rest.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(rest);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // as Docker does: what is not JSON is the shell form
    throw error;
  }
}
