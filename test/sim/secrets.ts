import { SECRET_NAMES, type SecretName } from './scenario.ts';

/** The files of secrets. Every value is a canary that must show nowhere but in requests to Cloudflare. */
export class Secrets {
  readonly #versions = new Map<SecretName, number>();
  readonly #hidden = new Set<SecretName>();

  valueOf(name: SecretName): string | null {
    return this.#hidden.has(name) ? null : canary(name, this.#versions.get(name) ?? 0);
  }

  rotate(name: SecretName): void {
    this.#versions.set(name, (this.#versions.get(name) ?? 0) + 1);
  }

  hide(name: SecretName): void {
    this.#hidden.add(name);
  }

  show(name: SecretName): void {
    this.#hidden.delete(name);
  }

  showAll(): void {
    this.#hidden.clear();
  }
}

export const CORES: Readonly<Record<SecretName, string>> = {
  's3-key': 'qZ8vK2mXw4Lr7TgB',
  's3-secret': 'hN5cJ9dRy3Ps6WfE',
  'siem-token': 'uA7bV1kQx0Mz5GtD',
};

function canary(name: SecretName, version: number): string {
  return `${CORES[name]}v${version}`;
}

/** What every value of a secret holds, for the scan of outputs: any of these in an output is a leak. */
export const CANARY_PARTS: readonly string[] = SECRET_NAMES.flatMap((name) => {
  const core = CORES[name];
  return [
    core.slice(0, 8),
    core.slice(4, 12),
    core.slice(8),
    Buffer.from(core).toString('base64').slice(0, 10),
  ];
});
