import type { Bug } from './bug.ts';

const CONFIG_MAPS = 'test/edges/kubernetes/manifest-source.test.ts';

/** The manifest in ConfigMaps. */
export const MANIFESTS_IN_CONFIG_MAPS: readonly Bug[] = [
  {
    name: 'a job that moves from one ConfigMap to another is seen in neither',
    breaks: ['27'],
    file: 'src/edges/kubernetes/manifest-source.ts',
    find: 'if (names.length === 1) return before;',
    replace: 'if (names.length > 0) return before;',
    caughtBy: [CONFIG_MAPS],
    test: 'is one state of several ConfigMaps',
  },
  {
    name: 'a ConfigMap that was emptied wants nothing',
    breaks: ['7', 'F54'],
    file: 'src/edges/kubernetes/manifest-text.ts',
    find: 'if (keys.length === 0) throw nothingIn([map]);',
    replace: '',
    caughtBy: [CONFIG_MAPS],
    test: 'is refused when one of several ConfigMaps is empty',
  },
];
