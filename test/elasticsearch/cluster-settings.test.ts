import { describe, expect, it } from 'vitest';

import {
  allocationOf,
  type ClusterSettings,
  enableChange,
  excludeChange,
  markerChange,
  markersOf,
} from '../../src/elasticsearch/cluster-settings.ts';

const settings = (change: Partial<ClusterSettings>): ClusterSettings => ({
  persistent: {},
  transient: {},
  ...change,
});

describe('allocation by the settings', () => {
  it('is free where nothing is set', () => {
    expect(allocationOf(settings({}))).toEqual({
      enable: 'all',
      excludedNames: [],
      isTransient: { enable: false, excludedNames: false },
    });
  });

  it('reads what is written here', () => {
    const persistent = { ...enableChange('primaries'), ...excludeChange(['search-3', 'search-4']) };
    expect(persistent).toEqual({
      'cluster.routing.allocation.enable': 'primaries',
      'cluster.routing.allocation.exclude._name': 'search-3,search-4',
    });
    const read = allocationOf(settings({ persistent: persistent as Record<string, string> }));
    expect(read).toMatchObject({ enable: 'primaries', excludedNames: ['search-3', 'search-4'] });
  });

  it('lets a transient setting win, as Elasticsearch does, and says so', () => {
    const read = allocationOf(
      settings({
        persistent: { 'cluster.routing.allocation.enable': 'all' },
        transient: {
          'cluster.routing.allocation.enable': 'NONE',
          'cluster.routing.allocation.exclude._name': ['a', ' b'],
        },
      }),
    );
    expect(read).toEqual({
      enable: 'none',
      excludedNames: ['a', 'b'],
      isTransient: { enable: true, excludedNames: true },
    });
  });

  it('leaves nothing of ours when it is taken back', () => {
    expect({ ...enableChange('all'), ...excludeChange([]) }).toEqual({
      'cluster.routing.allocation.enable': null,
      'cluster.routing.allocation.exclude._name': null,
    });
  });
});

describe('our notes in the settings', () => {
  it('are read as they were written, and nobody else is', () => {
    const change = markerChange('roll', 'search-2');
    expect(change).toEqual({ 'cluster.metadata.es_ecs_roll': 'search-2' });
    const persistent = { ...change, 'cluster.metadata.administrator': 'somebody' };
    expect(markersOf(settings({ persistent: persistent }))).toEqual({
      roll: 'search-2',
    });
    expect(markerChange('roll', null)).toEqual({ 'cluster.metadata.es_ecs_roll': null });
  });
});
