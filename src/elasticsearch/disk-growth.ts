const gib = 1024 ** 3;
const mib = 1024 ** 2;

/**
 * Whether a data path is on a file system that fills its volume. XFS keeps its journal out of what it calls its size: a 2048th
 * part and at least 64 MiB (mkfs.xfs(8), "-l size"), and it does not grow with the rest. A growth by less than that of a very
 * large volume is not told from none.
 */
export function hasGrownTo(totalBytes: number, sizeGiB: number): boolean {
  const sizeBytes = sizeGiB * gib;
  return totalBytes >= sizeBytes - Math.max(64 * mib, sizeBytes / 2048) - 16 * mib;
}
