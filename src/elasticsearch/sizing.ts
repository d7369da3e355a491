/** What a task and the JVM in it get of an instance's memory. MiB throughout. */
export interface Memory {
  /** The container's hard limit, and what ECS reserves on the host. */
  readonly taskMiB: number;
  /** -Xms and -Xmx alike. */
  readonly heapMiB: number;
}

/** At least this much is left to the kernel, the ECS agent, Docker and the SSM agent. */
const leastReserveMiB = 1024;

/**
 * The share of an instance's nominal memory that a task does not get. ECS registers less than the nominal size, as the
 * kernel keeps some: 7985 of the 8192 MiB of an m4.large, 2.5 percent (AWS Batch user guide, "Compute resource memory
 * management"); and AWS recommends a buffer of another 5 percent for the agent and the system ("Reserve system
 * memory", same guide). A task that asks for more than is registered is never placed.
 */
const reserveShare = 0.08;

/**
 * Above this no compressed object pointers: a heap of 32 GiB holds fewer objects than one of 31. The same limit as in
 * Elasticsearch's own rule (MachineDependentHeap.java). Elastic calls 26 GB safe for zero-based pointers and 30 GB
 * fine on most systems (reference, "Set the JVM heap size"); who wants that sets `elasticsearch.heapMiB`.
 */
export const largestHeapMiB = 31 * 1024;

/** Half for the heap, half for the file-system cache that Lucene lives on. */
const dataHeapShare = 0.5;

/** A node that holds no data needs little cache: Elasticsearch's own rule for dedicated masters. */
const masterHeapShare = 0.6;

/** Less than this and Elasticsearch does not start in earnest. */
const leastHeapMiB = 512;

/** Roles that make a node hold shards; one without any of them is sized as a master. */
const dataRoles = ['data', 'data_content', 'data_hot', 'data_warm', 'data_cold', 'data_frozen'];

/**
 * Memory of the task and its heap on an instance of the given nominal size.
 *
 * @param instanceMiB as DescribeInstanceTypes says in `MemoryInfo.SizeInMiB`.
 * @param heapMiB what the config asks for, which wins over the rule.
 */
export function memoryOf(instanceMiB: number, roles: readonly string[], heapMiB?: number): Memory {
  const reserveMiB = Math.max(leastReserveMiB, Math.ceil(instanceMiB * reserveShare));
  const taskMiB = Math.max(leastReserveMiB, Math.floor(instanceMiB - reserveMiB));
  return { taskMiB, heapMiB: heapMiB ?? heapByRule(taskMiB, roles) };
}

function heapByRule(taskMiB: number, roles: readonly string[]): number {
  const holdsData = roles.some((role) => dataRoles.includes(role));
  const onlyMaster = !holdsData && roles.includes('master');
  const share = onlyMaster ? masterHeapShare : dataHeapShare;
  return Math.min(largestHeapMiB, Math.max(leastHeapMiB, Math.floor(taskMiB * share)));
}

/** The smallest instance that holds a task of the least size beside what is left to the system. */
const leastInstanceMiB = 2 * leastReserveMiB;

/** Why no node fits on an instance of the given nominal size, or undefined where one does. */
export function instanceProblem(instanceMiB: number): string | undefined {
  if (instanceMiB >= leastInstanceMiB) return undefined;
  return `it has ${instanceMiB} MiB of memory, and a node needs ${leastInstanceMiB} at least`;
}

/**
 * Why a heap cannot be had on an instance, or undefined where it can.
 */
export function heapProblem(instanceMiB: number, heapMiB: number): string | undefined {
  const { taskMiB } = memoryOf(instanceMiB, [], heapMiB);
  if (heapMiB < leastHeapMiB) {
    return `a heap of ${heapMiB} MiB is below the least of ${leastHeapMiB} MiB`;
  }
  if (heapMiB > largestHeapMiB) {
    return `a heap of ${heapMiB} MiB loses compressed object pointers: ${largestHeapMiB} MiB is the most`;
  }
  if (heapMiB > taskMiB * 0.75) {
    return `a heap of ${heapMiB} MiB leaves too little of the task's ${taskMiB} MiB to the file-system cache: three quarters are the most`;
  }
  return undefined;
}
