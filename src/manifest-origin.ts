import { type Cluster } from './edges/kubernetes/cluster.ts';
import { type ConfigMapsSource, configMapsSource } from './edges/kubernetes/manifest-source.ts';
import { shownPlace } from './edges/kubernetes/manifest-text.ts';
import { watchConfigMaps } from './edges/kubernetes/manifest-watch.ts';
import { filesSource, watchedPaths } from './edges/source/files.ts';
import { type ManifestFiles, manifestFiles } from './edges/source/rewrite.ts';
import { Quiet } from './edges/trigger/quiet.ts';
import { watchPaths } from './edges/trigger/watch.ts';
import { SourceError } from './reconcile/errors.ts';
import type { Trigger } from './reconcile/event/events.ts';
import type { Clock, Emit, ManifestSource, Random } from './reconcile/ports.ts';
import type { Settings } from './settings.ts';

/** Where the manifest comes from: how it is read, watched and edited there. */
export interface ManifestOrigin {
  readonly source: ManifestSource;
  /** As people name them. */
  readonly places: readonly string[];
  /** What a change there is called. */
  readonly trigger: Trigger;
  readonly files: ManifestFiles;
  /** Calls `onChange` soon after anything changes there. Once it resolves, a change is not missed. */
  watch(onChange: () => void, ports: WatchPorts): Promise<Watching>;
  /** Of a ConfigMap as it was read last; undefined where it was not. */
  uidOf(configMap: string): string | undefined;
}

interface WatchPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
}

interface Watching {
  close(): Promise<void>;
}

/** @param open called when the cluster is needed, each time */
export function manifestOrigin(
  { manifest }: Pick<Settings, 'manifest'>,
  open: () => Promise<Cluster>,
): ManifestOrigin {
  return manifest.kind === 'files' ? inFiles(manifest.paths) : inConfigMaps(manifest.names, open);
}

function inFiles(paths: readonly string[]): ManifestOrigin {
  return {
    source: filesSource(paths),
    places: paths,
    trigger: 'file-change',
    files: manifestFiles,
    watch: (onChange) => watchPaths(() => watchedPaths(paths), onChange),
    uidOf: () => undefined,
  };
}

function inConfigMaps(names: readonly string[], open: () => Promise<Cluster>): ManifestOrigin {
  const source: ConfigMapsSource = configMapsSource(open, names);
  return {
    source,
    places: names.map(shownPlace),
    trigger: 'configmap',
    files: readOnlyFiles(names),
    async watch(onChange, { clock, random, emit }) {
      const quiet = new Quiet(onChange);
      const watch = await watchConfigMaps(names, {
        open,
        clock,
        random,
        onChange: () => quiet.hear(),
        onTrouble: (name, error) =>
          emit(
            error === null
              ? { type: 'manifest.watched', place: shownPlace(name) }
              : { type: 'manifest.unwatched', place: shownPlace(name), error },
          ),
      });
      return {
        async close() {
          await watch.close();
          quiet.close();
        },
      };
    },
    uidOf: (name) => source.uidOf(name),
  };
}

/** Whoever applies a ConfigMap would undo what is edited in it. */
function readOnlyFiles(names: readonly string[]): ManifestFiles {
  const refuse = (): never => {
    throw new SourceError(
      `The manifest stands in ${names.map((name) => `the ConfigMap "${name}"`).join(' and ')}, where it is not edited: ` +
        'whoever applies it would undo that. Run the command with --manifest PATH on the files that it is made from, and apply them.',
    );
  };
  return { refuseUnlessEditable: refuse, rewrite: async () => refuse(), create: async () => refuse() };
}
