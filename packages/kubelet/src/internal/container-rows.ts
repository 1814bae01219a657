/** Which row of a node's columns is which container. Rows keep their container for as long as it stays on the pages. */
import type { NameTable } from "../name-table.ts";
import type { ContainerIdentity } from "../node-points.ts";

export class ContainerRows {
  readonly #names: NameTable;
  #identities: ContainerIdentity[] = [];
  /** Only while rows are being found by name: most pages bring no new container. */
  #found: { readonly rows: Map<string, number>; readonly pods: Map<string, string> } | undefined;

  constructor(names: NameTable) {
    this.#names = names;
  }

  get identities(): readonly ContainerIdentity[] {
    return this.#identities;
  }

  /** The container's row; a new one at the end when it is new. */
  rowOf(namespace: string, pod: string, container: string): number {
    const { rows, pods } = (this.#found ??= this.#index());
    const key = keyOf(namespace, pod, container);
    const known = rows.get(key);
    if (known !== undefined) return known;
    const podKey = keyOf(namespace, pod, "");
    const podName = pods.get(podKey) ?? pod;
    pods.set(podKey, podName);
    const row = this.#identities.length;
    this.#identities.push({
      namespace: this.#names.intern(namespace),
      pod: podName,
      container: this.#names.intern(container),
    });
    rows.set(key, row);
    return row;
  }

  /**
   * Ends a page. When most rows are of containers that are not on it, they are given up and the others move.
   *
   * @returns whether rows moved
   */
  endPage(isReported: (row: number) => boolean): boolean {
    this.#found = undefined;
    const { length } = this.#identities;
    let reported = 0;
    for (let row = 0; row < length; row++) if (isReported(row)) reported++;
    if (length <= 2 * reported + 16) return false;
    this.#identities = this.#identities.filter((_, row) => isReported(row));
    return true;
  }

  #index(): { rows: Map<string, number>; pods: Map<string, string> } {
    const rows = new Map<string, number>();
    const pods = new Map<string, string>();
    for (const [row, { namespace, pod, container }] of this.#identities.entries()) {
      rows.set(keyOf(namespace, pod, container), row);
      pods.set(keyOf(namespace, pod, ""), pod);
    }
    return { rows, pods };
  }
}

function keyOf(namespace: string, pod: string, container: string): string {
  return `${namespace}\0${pod}\0${container}`;
}
