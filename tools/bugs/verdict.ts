/** What a run of the tests says about a planted bug. */
import { isAbsolute, relative } from 'node:path';

/** As vitest's JSON reporter writes it; only what is read here. */
export interface TestReport {
  readonly testResults: readonly {
    /** Absolute. */
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

export interface Verdict {
  readonly result: 'caught' | 'survived' | 'broken';
  /** The test that saw it, or what is wrong with the run. */
  readonly by: string;
}

/** An edit that breaks the program outright proves nothing about the tests, nor does one that only takes long. */
const NO_REASON =
  /^(?:SyntaxError|ReferenceError|TypeError)\b|is not a function|timed out in \d+ ?ms|Failed to (?:load|parse)/;

/** Caught only if in each of the files a test failed because of what it looks at. */
export function verdictOf(report: TestReport, root: string, files: readonly string[]): Verdict {
  const failures: string[] = [];
  for (const file of files) {
    const result = report.testResults.find(
      ({ name }) => (isAbsolute(name) ? relative(root, name) : name) === file,
    );
    if (result === undefined) return { result: 'broken', by: `${file} was not run` };
    const ran = result.assertionResults.filter(({ status }) => status === 'passed' || status === 'failed');
    if (ran.length === 0)
      return { result: 'broken', by: result.message?.split('\n')[0] || `no test of ${file} ran` };
    const failed = ran.filter(({ status }) => status === 'failed');
    const [first] = failed;
    if (first === undefined) return { result: 'survived', by: `${file} stays green` };
    const seen = failed.find(({ failureMessages }) =>
      (failureMessages ?? []).some((text) => !NO_REASON.test(text)),
    );
    if (seen === undefined)
      return { result: 'broken', by: `${first.fullName}: ${first.failureMessages?.[0] ?? ''}` };
    failures.push(seen.fullName.trim());
  }
  return { result: 'caught', by: failures.join('; ') };
}
