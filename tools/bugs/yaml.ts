/** What YAML may do to a manifest. */
import type { Bug } from './bug.ts';

const BROKEN = 'test/core/manifest/broken.test.ts';
const LIMITS = 'test/core/manifest/limits.test.ts';
const YAML = 'test/core/manifest/yaml.test.ts';

export const SPELLING: readonly Bug[] = [
  {
    name: 'of two equal keys the last one wins',
    breaks: ['H06'],
    file: 'src/core/manifest/node-reader.ts',
    find: 'if (first !== undefined) this.#duplicate(key, at, first.key, path);',
    replace: '',
    caughtBy: [BROKEN],
  },
  {
    name: 'a bomb of aliases is counted once',
    breaks: ['30', 'H01'],
    file: 'src/core/manifest/node-reader.ts',
    find: 'this.#count(anchored.nodes, node, path);',
    replace: '',
    caughtBy: [LIMITS],
    test: 'few values that aliases make many',
  },
  {
    name: 'depth does not count behind an alias',
    breaks: ['30', 'H04'],
    file: 'src/core/manifest/node-reader.ts',
    find: 'const deepest = path.length + anchored.height;',
    replace: 'const deepest = path.length;',
    caughtBy: [LIMITS],
    test: 'few levels that aliases make deep',
  },
  {
    name: 'a tag is ignored',
    breaks: ['H13'],
    file: 'src/core/manifest/node-reader.ts',
    find: 'if (node.tag !== undefined) {',
    replace: "if (node.tag === '') {",
    caughtBy: ['test/hostile/manifests.test.ts'],
    test: 'the tag !!binary',
  },
  {
    name: '%YAML 1.1 is obeyed',
    breaks: ['H08'],
    file: 'src/core/manifest/loader.ts',
    find: "token.type === 'directive' && !/^%YAML\\s+1\\.2\\s*$/.test(token.source)",
    replace: "token.type === 'directive' && !/^%YAML/.test(token.source)",
    caughtBy: [BROKEN],
  },
  {
    name: 'a message about YAML quotes the line',
    breaks: ['39'],
    file: 'src/core/manifest/loader.ts',
    find: 'problems.push(problem(codeOf(syntax), at, syntaxMessage(syntax, line)));',
    replace: 'problems.push(problem(codeOf(syntax), at, `${syntaxMessage(syntax, line)} ${line}`));',
    caughtBy: [YAML],
  },
  {
    name: 'a number in another notation is taken for what YAML makes of it',
    breaks: ['H10'],
    file: 'src/core/manifest/scalar.ts',
    find: 'if (!PLAIN_NUMBER.test(source) || Object.is(value, -0)) {',
    replace: 'if (Object.is(value, -0)) {',
    caughtBy: [YAML],
  },
  {
    name: 'an id of digits loses its last ones',
    breaks: ['H11'],
    file: 'src/core/manifest/scalar.ts',
    find: 'if (LIKE_AN_ID.test(source)) return { value: source };',
    replace: '',
    caughtBy: [YAML],
  },
  {
    name: '__proto__ is a key like any other',
    breaks: ['H17'],
    file: 'src/core/manifest/node-reader.ts',
    find: 'if (UNSAFE_KEYS.has(key.value)) {',
    replace: "if (key.value === 'constructor') {",
    caughtBy: [BROKEN],
  },
];
