// Written by scripts/setting-names.ts, from what real servers say.

/** The versions that were asked, by which the names are marked. */
export const listedVersions: readonly string[] = ['8.16.1', '8.19.13', '9.4.3'];

/** Settings of a node, one a line; behind a name the places of the versions that know it, where not all do. */
export const nodeSettingNames = `
action.auto_create_index
action.destructive_requires_name
action.search.pre_filter_shard_size.default
action.search.shard_count.limit
bootstrap.ctrlhandler
bootstrap.memory_lock
cache.recycler.page.limit.heap
cache.recycler.page.type
cache.recycler.page.weight.bytes
cache.recycler.page.weight.ints
cache.recycler.page.weight.longs
cache.recycler.page.weight.objects
client.type 01
cluster.auto_sharding.max_write_threads
cluster.auto_sharding.min_write_threads
cluster.auto_shrink_voting_configuration
cluster.blocks.read_only
cluster.blocks.read_only_allow_delete
cluster.discovery_configuration_check.interval
cluster.election.back_off_time
cluster.election.duration
cluster.election.initial_timeout
cluster.election.max_timeout
cluster.election.strategy
cluster.fault_detection.follower_check.interval
cluster.fault_detection.follower_check.retry_count
cluster.fault_detection.follower_check.timeout
cluster.fault_detection.leader_check.interval
cluster.fault_detection.leader_check.retry_count
cluster.fault_detection.leader_check.timeout
cluster.follower_lag.timeout
cluster.indices.close.enable
cluster.indices.tombstones.size
cluster.indices.validate_dot_prefixes
cluster.indices.validate_ignored_dot_patterns
cluster.info.update.interval
cluster.info.update.timeout
cluster.initial_master_nodes
cluster.join_validation.cache_timeout
cluster.lifecycle.default.rollover
cluster.logsdb.enabled 01
cluster.max_shards_per_node
cluster.max_shards_per_node.frozen
cluster.max_voting_config_exclusions
cluster.name
cluster.no_master_block
cluster.nodes.reconnect_interval
cluster.persistent_tasks.allocation.enable
cluster.persistent_tasks.allocation.recheck_interval
cluster.publish.info_timeout
cluster.publish.timeout
cluster.remote.connections_per_cluster
cluster.remote.initial_connect_timeout
cluster.remote.node.attr
cluster.routing.allocation.allow_rebalance
cluster.routing.allocation.awareness.attributes
cluster.routing.allocation.balance.disk_usage
cluster.routing.allocation.balance.index
cluster.routing.allocation.balance.invalid_weights_log_min_interval 2
cluster.routing.allocation.balance.shard
cluster.routing.allocation.balance.threshold
cluster.routing.allocation.balance.write_load
cluster.routing.allocation.cluster_concurrent_frozen_rebalance 2
cluster.routing.allocation.cluster_concurrent_rebalance
cluster.routing.allocation.desired_balance.balancer_round_summaries_interval 2
cluster.routing.allocation.desired_balance.enable_balancer_round_summaries 2
cluster.routing.allocation.desired_balance.enable_balancer_round_summaries_logging 2
cluster.routing.allocation.desired_balance.max_balance_computation_time_during_index_creation 12
cluster.routing.allocation.desired_balance.progress_log_interval
cluster.routing.allocation.desired_balance.undesired_allocations.log_interval
cluster.routing.allocation.desired_balance.undesired_allocations.threshold
cluster.routing.allocation.desired_balance.undesired_duration_logging.interval 2
cluster.routing.allocation.desired_balance.undesired_duration_logging.max_to_track 2
cluster.routing.allocation.desired_balance.undesired_duration_logging.threshold 2
cluster.routing.allocation.disk.reroute_interval
cluster.routing.allocation.disk.threshold_enabled
cluster.routing.allocation.disk.watermark.enable_for_single_data_node 01
cluster.routing.allocation.disk.watermark.flood_stage
cluster.routing.allocation.disk.watermark.flood_stage.frozen
cluster.routing.allocation.disk.watermark.flood_stage.frozen.max_headroom
cluster.routing.allocation.disk.watermark.flood_stage.max_headroom
cluster.routing.allocation.disk.watermark.high
cluster.routing.allocation.disk.watermark.high.max_headroom
cluster.routing.allocation.disk.watermark.low
cluster.routing.allocation.disk.watermark.low.max_headroom
cluster.routing.allocation.enable
cluster.routing.allocation.enforce_default_tier_preference
cluster.routing.allocation.estimated_heap.threshold_enabled 2
cluster.routing.allocation.index_balance_decider.enabled 2
cluster.routing.allocation.index_balance_decider.excess_shards 2
cluster.routing.allocation.node_concurrent_incoming_recoveries
cluster.routing.allocation.node_concurrent_outgoing_recoveries
cluster.routing.allocation.node_concurrent_recoveries
cluster.routing.allocation.node_initial_primaries_recoveries
cluster.routing.allocation.same_shard.host
cluster.routing.allocation.stats.cache.ttl 12
cluster.routing.allocation.total_shards_per_node
cluster.routing.allocation.type
cluster.routing.allocation.unthrottle_replica_assignment_in_simulation 2
cluster.routing.allocation.write_load_decider.allocation_utilization_threshold 2
cluster.routing.allocation.write_load_decider.enabled 2
cluster.routing.allocation.write_load_decider.hotspot_max_shard_write_load_proportion_threshold 2
cluster.routing.allocation.write_load_decider.hotspot_utilization_threshold 2
cluster.routing.allocation.write_load_decider.log_interval 2
cluster.routing.allocation.write_load_decider.queue_latency_threshold 2
cluster.routing.allocation.write_load_decider.reroute_interval 2
cluster.routing.allocation.write_load_decider.shard_write_load_metrics.enabled 2
cluster.routing.allocation.write_load_decider.shard_write_load_type 2
cluster.routing.rebalance.enable
cluster.routing.use_adaptive_replica_selection
cluster.service.applier.thread.watchdog.interval 2
cluster.service.applier.thread.watchdog.quiet_time 2
cluster.service.master_service_execution_history_size 2
cluster.service.master_service_starvation_logging_threshold
cluster.service.slow_master_task_logging_threshold
cluster.service.slow_task_logging_threshold
cluster.service.slow_task_thread_dump_timeout
cluster.snapshot.info.max_concurrent_fetches
cluster_state.document_page_size
data_streams.auto_sharding.decrease_shards.cooldown
data_streams.auto_sharding.decrease_shards.load_metric 2
data_streams.auto_sharding.excludes
data_streams.auto_sharding.increase_shards.cooldown
data_streams.auto_sharding.increase_shards.load_metric 2
data_streams.failure_store.enabled 12
data_streams.lifecycle.retention.default
data_streams.lifecycle.retention.failures_default 12
data_streams.lifecycle.retention.max
data_streams.lifecycle.signalling.error_retry_interval 2
discovery.cluster_formation_warning_timeout
discovery.find_peers_interval
discovery.initial_state_timeout
discovery.probe.connect_timeout
discovery.probe.handshake_timeout
discovery.request_peers_timeout
discovery.seed_hosts
discovery.seed_providers
discovery.seed_resolver.max_concurrent_resolvers
discovery.seed_resolver.timeout
discovery.type
discovery.unconfigured_bootstrap_timeout
elasticsearch.querylog.enabled 2
elasticsearch.querylog.include.system_indices 2
elasticsearch.querylog.include.user 2
elasticsearch.querylog.log_level 2
elasticsearch.querylog.threshold 2
gateway.expected_data_nodes
gateway.recover_after_data_nodes
gateway.recover_after_time
gateway.slow_write_logging_threshold
gateway.write_dangling_indices_info
health.master_history.has_master_lookup_timeframe
health.master_history.identity_changes_threshold
health.master_history.no_master_transitions_threshold
health.node.enabled
health.periodic_logger.enabled
health.periodic_logger.output_mode
health.periodic_logger.poll_interval
health.reporting.local.monitor.interval
health.shard_capacity.unhealthy_threshold.red 2
health.shard_capacity.unhealthy_threshold.yellow 2
health.shards_availability.replica_unassigned_buffer_time
health_node.transport_action_timeout
http.bind_host
http.client_stats.closed_channels.max_age
http.client_stats.closed_channels.max_count
http.client_stats.enabled
http.compression
http.compression_level
http.cors.allow-credentials
http.cors.allow-headers
http.cors.allow-methods
http.cors.allow-origin
http.cors.enabled
http.cors.max-age
http.detailed_errors.enabled
http.host
http.max_chunk_size
http.max_content_length
http.max_header_size
http.max_initial_line_length
http.max_protobuf_content_length 2
http.max_warning_header_count
http.max_warning_header_size
http.netty.max_composite_buffer_components
http.netty.receive_predictor_size
http.netty.tls_handshakes.max_delayed 2
http.netty.tls_handshakes.max_in_progress 2
http.netty.worker_count
http.pipelining.max_events
http.port
http.publish_host
http.publish_port
http.read_timeout
http.reset_cookies
http.shutdown_grace_period
http.shutdown_poll_period
http.tcp.keep_alive
http.tcp.keep_count
http.tcp.keep_idle
http.tcp.keep_interval
http.tcp.no_delay
http.tcp.receive_buffer_size
http.tcp.reuse_address
http.tcp.send_buffer_size
http.tracer.exclude
http.tracer.include
http.type
http.type.default
index.codec
index.recovery.type
index.store.fs.directio_async_prefetch_limit 2
index.store.fs.fs_lock
index.store.preload
index.store.type
indexing_pressure.memory.coordinating.limit
indexing_pressure.memory.limit
indexing_pressure.memory.max_operation_size 2
indexing_pressure.memory.primary.limit
indexing_pressure.memory.replica.limit
indexing_pressure.memory.split_bulk.watermark.high
indexing_pressure.memory.split_bulk.watermark.high.bulk_size
indexing_pressure.memory.split_bulk.watermark.low
indexing_pressure.memory.split_bulk.watermark.low.bulk_size
indexing_pressure.memory.split_bulk_threshold
indices.analysis.hunspell.dictionary.ignore_case
indices.analysis.hunspell.dictionary.lazy
indices.batch_indexing 2
indices.breaker.fielddata.limit
indices.breaker.fielddata.overhead
indices.breaker.fielddata.type
indices.breaker.request.limit
indices.breaker.request.overhead
indices.breaker.request.type
indices.breaker.total.limit
indices.breaker.total.use_real_memory
indices.breaker.type
indices.cache.cleanup_interval
indices.fielddata.cache.expire
indices.fielddata.cache.size
indices.id_field_data.enabled
indices.inference.batch_size 12
indices.mapping.dynamic_timeout
indices.mapping.max_in_flight_updates
indices.memory.index_buffer_size
indices.memory.interval
indices.memory.max_index_buffer_size
indices.memory.min_index_buffer_size
indices.memory.shard_inactive_time
indices.merge.disk.check_interval 12
indices.merge.disk.watermark.high 12
indices.merge.disk.watermark.high.max_headroom 12
indices.merge.policy.max_merged_segment
indices.merge.policy.max_time_based_merged_segment
indices.merge.scheduler.use_thread_pool 12
indices.pause.on.throttle 2
indices.queries.cache.all_segments
indices.queries.cache.count
indices.queries.cache.size
indices.query.bool.max_clause_count
indices.query.bool.max_nested_depth
indices.query.query_string.allowLeadingWildcard
indices.query.query_string.analyze_wildcard
indices.recovery.chunk_size 12
indices.recovery.internal_action_long_timeout
indices.recovery.internal_action_retry_timeout
indices.recovery.internal_action_timeout
indices.recovery.max_bytes_per_sec
indices.recovery.max_concurrent_file_chunks
indices.recovery.max_concurrent_operations
indices.recovery.max_concurrent_snapshot_file_downloads
indices.recovery.max_concurrent_snapshot_file_downloads_per_node
indices.recovery.recovery_activity_timeout
indices.recovery.retry_delay_network
indices.recovery.retry_delay_state_sync
indices.recovery.use_snapshots
indices.replication.initial_retry_backoff_bound
indices.replication.retry_timeout
indices.requests.cache.expire
indices.requests.cache.size
indices.stats.recent_read_load.half_life 2
indices.stats.recent_write_load.half_life 2
indices.store.delete.shard.timeout
indices.store.max_concurrent_closing_shards 12
indices.store.shard_lock_retry.interval
indices.store.shard_lock_retry.timeout
indices.write_ack_delay_interval
indices.write_ack_delay_randomness_bound
ingest.grok.watchdog.interval
ingest.grok.watchdog.max_execution_time
ingest.user_agent.cache_size 2
ingest_node.transport_action_timeout
logger.level
logsdb.prior_logs_usage 1
logsdb.usage_check.max_period 1
master_history.max_age
migrate.data_stream_reindex_max_request_per_second 12
migrate.max_concurrent_indices_reindexed_per_data_stream 12
monitor.fs.health.enabled
monitor.fs.health.refresh_interval
monitor.fs.health.slow_path_logging_threshold
monitor.fs.refresh_interval
monitor.jvm.gc.enabled
monitor.jvm.gc.overhead.debug
monitor.jvm.gc.overhead.info
monitor.jvm.gc.overhead.warn
monitor.jvm.gc.refresh_interval
monitor.jvm.refresh_interval
monitor.os.refresh_interval
monitor.process.refresh_interval
network.bind_host
network.breaker.inflight_requests.limit
network.breaker.inflight_requests.overhead
network.host
network.publish_host
network.server
network.tcp.keep_alive
network.tcp.keep_count
network.tcp.keep_idle
network.tcp.keep_interval
network.tcp.no_delay
network.tcp.receive_buffer_size
network.tcp.reuse_address
network.tcp.send_buffer_size
network.thread.watchdog.interval
network.thread.watchdog.quiet_time
node._internal.default_refresh_interval
node.attr.xpack.installed
node.bandwidth.recovery.disk.read
node.bandwidth.recovery.disk.write
node.bandwidth.recovery.factor.read
node.bandwidth.recovery.factor.write
node.bandwidth.recovery.network
node.bandwidth.recovery.operator.factor
node.bandwidth.recovery.operator.factor.max_overcommit
node.bandwidth.recovery.operator.factor.read
node.bandwidth.recovery.operator.factor.write
node.enable_lucene_segment_infos_trace
node.external_id
node.id.seed
node.maximum_reindexing_grace_period 2
node.maximum_shutdown_grace_period 2
node.name
node.portsfile
node.processors
node.roles
node.store.allow_mmap
path.data
path.home
path.logs
path.repo
path.shared_data
plugin.mandatory
readiness.port
reindex.remote.blocklist 2
reindex.remote.whitelist
remote_cluster.bind_host
remote_cluster.host
remote_cluster.max_request_header_size
remote_cluster.port
remote_cluster.publish_host
remote_cluster.publish_port
remote_cluster.tcp.keep_alive
remote_cluster.tcp.keep_count
remote_cluster.tcp.keep_idle
remote_cluster.tcp.keep_interval
remote_cluster.tcp.no_delay
remote_cluster.tcp.reuse_address
remote_cluster.tcp.send_buffer_size
remote_cluster_server.enabled
repositories.blobstore.max_heap_size_for_snapshot_deletion 2
repositories.default_repository 2
repositories.fs.chunk_size
repositories.fs.location
resource.reload.enabled
resource.reload.interval.high
resource.reload.interval.low
resource.reload.interval.medium
rest.action.multi.allow_explicit_index
rest.incremental_bulk
script.allowed_contexts
script.allowed_types
script.cache.expire
script.cache.max_size
script.disable_max_compilations_rate
script.max_compilations_rate
script.max_size_in_bytes
script.painless.regex.enabled
script.painless.regex.limit-factor
search.aggs.allowed_inline_metric_scripts
search.aggs.allowed_stored_metric_scripts
search.aggs.only_allowed_metric_scripts
search.aggs.rewrite_to_filter_by_filter
search.aggs.tdigest_execution_hint
search.allow_expensive_queries
search.batched_query_phase 12
search.ccs.collect_telemetry
search.check_ccs_compatibility
search.default_allow_partial_results
search.default_keep_alive
search.default_search_timeout
search.fetch_phase_chunked_enabled 2
search.fetch_phase_chunked_max_in_flight_chunks 2
search.fetch_phase_chunked_target_chunk_bytes 2
search.highlight.term_vector_multi_value
search.keep_alive_interval
search.low_level_cancellation
search.max_async_search_response_size
search.max_buckets
search.max_keep_alive
search.max_open_scroll_context
search.memory_accounting_buffer_size 2
search.online_prewarming_threshold_poolsize_factor 2
search.pit_relocation_enabled 2
search.query_phase_parallel_collection_enabled
search.task_watchdog.cooldown_period 2
search.task_watchdog.coordinator_threshold 2
search.task_watchdog.data_node_threshold 2
search.task_watchdog.enabled 2
search.task_watchdog.interval 2
search.worker_threads_enabled
security.manager.filter_bad_defaults
snapshot.max_concurrent_operations
snapshot.refresh_repo_uuid_on_restore
snapshots.shutdown.progress.interval 2
telemetry.metrics.enabled
telemetry.otel.metrics.enabled 2
telemetry.otel.metrics.endpoint 2
telemetry.otel.metrics.interval 2
telemetry.tracing.enabled
telemetry.tracing.names.exclude
telemetry.tracing.names.include
telemetry.tracing.sanitize_field_names
thread_pool.analyze.queue_size
thread_pool.analyze.size
thread_pool.auto_complete.queue_size
thread_pool.auto_complete.size
thread_pool.cluster_coordination.queue_size
thread_pool.cluster_coordination.size
thread_pool.estimated_time_interval
thread_pool.estimated_time_interval.warn_threshold
thread_pool.fetch_shard_started.core
thread_pool.fetch_shard_started.keep_alive
thread_pool.fetch_shard_started.max
thread_pool.fetch_shard_store.core
thread_pool.fetch_shard_store.keep_alive
thread_pool.fetch_shard_store.max
thread_pool.flush.core
thread_pool.flush.keep_alive
thread_pool.flush.max
thread_pool.force_merge.queue_size
thread_pool.force_merge.size
thread_pool.generic.core
thread_pool.generic.keep_alive
thread_pool.generic.max
thread_pool.get.queue_size
thread_pool.get.size
thread_pool.management.core
thread_pool.management.keep_alive
thread_pool.management.max
thread_pool.merge.core 12
thread_pool.merge.keep_alive 12
thread_pool.merge.max 12
thread_pool.refresh.core
thread_pool.refresh.keep_alive
thread_pool.refresh.max
thread_pool.scheduler.warn_threshold
thread_pool.search.queue_size
thread_pool.search.size
thread_pool.search_coordination.queue_size
thread_pool.search_coordination.size
thread_pool.search_throttled.queue_size
thread_pool.search_throttled.size
thread_pool.search_worker.queue_size
thread_pool.search_worker.size
thread_pool.snapshot.core
thread_pool.snapshot.keep_alive
thread_pool.snapshot.max
thread_pool.snapshot_meta.core
thread_pool.snapshot_meta.keep_alive
thread_pool.snapshot_meta.max
thread_pool.system_critical_read.queue_size
thread_pool.system_critical_read.size
thread_pool.system_critical_write.queue_size
thread_pool.system_critical_write.size
thread_pool.system_read.queue_size
thread_pool.system_read.size
thread_pool.system_write.queue_size
thread_pool.system_write.size
thread_pool.system_write_coordination.queue_size 2
thread_pool.system_write_coordination.size 2
thread_pool.warmer.core
thread_pool.warmer.keep_alive
thread_pool.warmer.max
thread_pool.write.ewma_alpha
thread_pool.write.queue_size
thread_pool.write.size
thread_pool.write_coordination.queue_size 2
thread_pool.write_coordination.size 2
tracing.apm.enabled 01
tracing.apm.names.exclude 01
tracing.apm.names.include 01
tracing.apm.sanitize_field_names 01
transport.bind_host
transport.compress
transport.compression_scheme
transport.connect_timeout
transport.connections_per_node.bulk
transport.connections_per_node.ping
transport.connections_per_node.recovery
transport.connections_per_node.reg
transport.connections_per_node.state
transport.enable_stack_protection
transport.host
transport.netty.boss_count
transport.netty.receive_predictor_max
transport.netty.receive_predictor_min
transport.netty.receive_predictor_size
transport.netty.worker_count
transport.ping_schedule
transport.port
transport.publish_host
transport.publish_port
transport.rst_on_close
transport.slow_operation_logging_threshold
transport.tcp.keep_alive
transport.tcp.keep_count
transport.tcp.keep_idle
transport.tcp.keep_interval
transport.tcp.no_delay
transport.tcp.receive_buffer_size
transport.tcp.reuse_address
transport.tcp.send_buffer_size
transport.tracer.exclude
transport.tracer.include
transport.type
transport.type.default
user_agent.cache_size 2
xpack.apm_data.enabled
xpack.apm_data.registry.enabled 01
xpack.ent_search.enabled
xpack.graph.enabled
xpack.inference.ccm.cache.expiry_time 2
xpack.inference.ccm.cache.weight 2
xpack.inference.eis.gateway.url
xpack.inference.elastic.authorization.enabled 2
xpack.inference.elastic.authorization_request_interval 12
xpack.inference.elastic.ccm_supported_environment 2
xpack.inference.elastic.http.connection_ttl 12
xpack.inference.elastic.http.ssl.enabled 12
xpack.inference.elastic.max_authorization_request_jitter 12
xpack.inference.elastic.periodic_authorization_enabled 12
xpack.inference.elastic.url 12
xpack.inference.endpoint.cache.enabled 2
xpack.inference.endpoint.cache.expiry_time 2
xpack.inference.endpoint.cache.weight 2
xpack.inference.http.connect_timeout 12
xpack.inference.http.connection_eviction_interval
xpack.inference.http.connection_eviction_max_idle_time
xpack.inference.http.max_response_size
xpack.inference.http.max_route_connections
xpack.inference.http.max_total_connections
xpack.inference.http.request_executor.queue_capacity
xpack.inference.http.request_executor.rate_limit_group_cleanup_interval
xpack.inference.http.request_executor.rate_limit_group_stale_duration
xpack.inference.http.request_executor.task_poll_frequency
xpack.inference.http.retry.debug_frequency_amount
xpack.inference.http.retry.debug_frequency_mode
xpack.inference.http.retry.initial_delay
xpack.inference.http.retry.max_delay_bound
xpack.inference.http.retry.timeout
xpack.inference.inference_response_thread_pool.core 2
xpack.inference.inference_response_thread_pool.keep_alive 2
xpack.inference.inference_response_thread_pool.max 2
xpack.inference.logging.interval 12
xpack.inference.logging.reset_interval
xpack.inference.logging.wait_duration
xpack.inference.query_timeout 2
xpack.inference.skip_validate_and_start
xpack.inference.truncator.reduction_percentage
xpack.inference.utility_thread_pool.core
xpack.inference.utility_thread_pool.keep_alive
xpack.inference.utility_thread_pool.max
xpack.license.self_generated.type
xpack.license.upload.types
xpack.mapping.synthetic_source_fallback_to_stored_source 01
xpack.ml.enabled
xpack.otel_data.registry.enabled 01
xpack.profiling.enabled
xpack.security.audit.enabled
xpack.security.audit.logfile.emit_cluster_name
xpack.security.audit.logfile.emit_cluster_uuid
xpack.security.audit.logfile.emit_node_host_address
xpack.security.audit.logfile.emit_node_host_name
xpack.security.audit.logfile.emit_node_id
xpack.security.audit.logfile.emit_node_name
xpack.security.audit.logfile.events.emit_request_body
xpack.security.audit.logfile.events.exclude
xpack.security.audit.logfile.events.include
xpack.security.authc.anonymous.authz_exception
xpack.security.authc.anonymous.roles
xpack.security.authc.anonymous.username
xpack.security.authc.api_key.cache.hash_algo
xpack.security.authc.api_key.cache.max_keys
xpack.security.authc.api_key.cache.ttl
xpack.security.authc.api_key.certificate_identity_pattern_cache.max_keys 2
xpack.security.authc.api_key.certificate_identity_pattern_cache.ttl 2
xpack.security.authc.api_key.delete.interval
xpack.security.authc.api_key.delete.retention_period
xpack.security.authc.api_key.delete.timeout
xpack.security.authc.api_key.doc_cache.ttl
xpack.security.authc.api_key.enabled
xpack.security.authc.api_key.hashing.algorithm
xpack.security.authc.password_hashing.algorithm
xpack.security.authc.reserved_realm.enabled
xpack.security.authc.run_as.enabled
xpack.security.authc.service_token.cache.hash_algo
xpack.security.authc.service_token.cache.max_tokens
xpack.security.authc.service_token.cache.ttl
xpack.security.authc.success_cache.enabled
xpack.security.authc.success_cache.expire_after_access
xpack.security.authc.success_cache.size
xpack.security.authc.token.delete.interval
xpack.security.authc.token.delete.timeout
xpack.security.authc.token.enabled
xpack.security.authc.token.timeout
xpack.security.authz.store.privileges.cache.max_size
xpack.security.authz.store.privileges.cache.ttl
xpack.security.authz.store.roles.cache.max_size
xpack.security.authz.store.roles.field_permissions.cache.max_size_in_bytes
xpack.security.authz.store.roles.has_privileges.cache.max_size
xpack.security.authz.store.roles.negative_lookup_cache.max_size
xpack.security.authz.timer.indices.enabled
xpack.security.authz.timer.indices.threshold.debug
xpack.security.authz.timer.indices.threshold.info
xpack.security.authz.timer.indices.threshold.warn
xpack.security.autoconfiguration.enabled
xpack.security.automata.cache.enabled
xpack.security.automata.cache.size
xpack.security.automata.cache.ttl
xpack.security.automata.max_determinized_states
xpack.security.dls.bitset.cache.size
xpack.security.dls.bitset.cache.ttl
xpack.security.dls_fls.enabled
xpack.security.enabled
xpack.security.enrollment.enabled
xpack.security.filter.always_allow_bound_address
xpack.security.fips_mode.enabled
xpack.security.fips_mode.required_providers
xpack.security.http.filter.allow
xpack.security.http.filter.deny
xpack.security.http.filter.enabled
xpack.security.http.ssl.enabled
xpack.security.operator_privileges.enabled
xpack.security.profile.max_size 12
xpack.security.remote_cluster.filter.allow
xpack.security.remote_cluster.filter.deny
xpack.security.remote_cluster_client.ssl.enabled
xpack.security.remote_cluster_client.ssl.handshake_timeout 2
xpack.security.remote_cluster_server.ssl.enabled
xpack.security.remote_cluster_server.ssl.handshake_timeout 2
xpack.security.ssl.diagnose.trust
xpack.security.transport.filter.allow
xpack.security.transport.filter.deny
xpack.security.transport.filter.enabled
xpack.security.transport.ssl.enabled
xpack.security.transport.ssl.handshake_timeout 2
xpack.security.user
xpack.watcher.enabled
`;

/** Settings of an index, in the same form. */
export const indexSettingNames = `
index.allocation.existing_shards_allocator
index.allocation.max_retries
index.analyze.max_token_count
index.auto_expand_replicas
index.blocks.metadata
index.blocks.read
index.blocks.read_only
index.blocks.read_only_allow_delete
index.blocks.write
index.bloom_filter_for_id_field.enabled
index.codec
index.compound_format
index.creation_date
index.data_path
index.default_pipeline
index.dense_vector.experimental_features 2
index.dense_vector.hnsw_enable_early_termination 2
index.dense_vector.hnsw_filter_heuristic 2
index.dimensions 2
index.dimensions_tsid_strategy_enabled 2
index.disable_sequence_numbers 2
index.downsample.interval
index.downsample.origin.name
index.downsample.origin.uuid
index.downsample.sampling_method 2
index.downsample.source.name
index.downsample.source.uuid
index.downsample.status
index.failure_store.version
index.fast_refresh
index.fielddata.cache
index.final_pipeline
index.flush_after_merge
index.force_memory_term_dictionary
index.format
index.gc_deletes
index.hidden
index.highlight.max_analyzed_offset
index.highlight.weight_matches_mode.enabled
index.indexing.slowlog.include.user
index.indexing.slowlog.level
index.indexing.slowlog.reformat
index.indexing.slowlog.source
index.indexing.slowlog.threshold.index.debug
index.indexing.slowlog.threshold.index.info
index.indexing.slowlog.threshold.index.trace
index.indexing.slowlog.threshold.index.warn
index.lifecycle.origination_date
index.lifecycle.parse_origination_date
index.lifecycle.prefer_ilm
index.load_fixed_bitset_filters_eagerly
index.logsdb.add_host_name_field 12
index.logsdb.route_on_sort_fields 12
index.logsdb.sort_on_host_name 12
index.logsdb.sort_on_message_template 2
index.mapper.dynamic
index.mapping.coerce
index.mapping.depth.limit
index.mapping.dimension_fields.limit
index.mapping.exclude_source_vectors 2
index.mapping.field_name_length.ignore_dynamic_beyond_limit 2
index.mapping.field_name_length.limit
index.mapping.flattened.store_root_doc_values 2
index.mapping.ignore_above
index.mapping.ignore_malformed
index.mapping.nested_fields.limit
index.mapping.nested_objects.limit
index.mapping.nested_parents.limit 2
index.mapping.semantic_text.use_legacy_format 12
index.mapping.source.mode
index.mapping.synthetic_id 2
index.mapping.synthetic_source.skip_ignored_source_read
index.mapping.synthetic_source.skip_ignored_source_write
index.mapping.synthetic_source_keep
index.mapping.total_fields.ignore_dynamic_beyond_limit
index.mapping.total_fields.limit
index.mapping.use_doc_values_skipper 2
index.max_adjacency_matrix_filters
index.max_docvalue_fields_search
index.max_inner_result_window
index.max_ngram_diff
index.max_refresh_listeners
index.max_regex_length
index.max_rescore_window
index.max_result_window
index.max_script_fields
index.max_shingle_diff
index.max_slices_per_scroll
index.max_terms_count
index.merge.intra_merge_parallelism_enabled 2
index.merge.policy.deletes_pct_allowed
index.merge.policy.expunge_deletes_allowed
index.merge.policy.floor_segment
index.merge.policy.max_merge_at_once
index.merge.policy.max_merge_at_once_explicit
index.merge.policy.max_merged_segment
index.merge.policy.merge_factor
index.merge.policy.segments_per_tier
index.merge.policy.type
index.merge.scheduler.auto_throttle
index.merge.scheduler.max_merge_count
index.merge.scheduler.max_thread_count
index.mode
index.number_of_replicas
index.number_of_routing_shards
index.number_of_shards
index.optimize_auto_generated_id
index.priority
index.provided_name
index.queries.cache.enabled
index.query.default_field
index.query.parse.allow_unmapped_fields
index.query_string.lenient
index.recovery.type
index.recovery.use_synthetic_source 12
index.refresh_interval
index.requests.cache.enable
index.rollup.source.name
index.rollup.source.uuid
index.routing.allocation.disk.watermark.ignore
index.routing.allocation.enable
index.routing.allocation.include._tier_preference
index.routing.allocation.total_shards_per_node
index.routing.rebalance.enable
index.routing_partition_size
index.routing_path
index.search.idle.after
index.search.slowlog.include.user
index.search.slowlog.level
index.search.slowlog.threshold.fetch.debug
index.search.slowlog.threshold.fetch.info
index.search.slowlog.threshold.fetch.trace
index.search.slowlog.threshold.fetch.warn
index.search.slowlog.threshold.query.debug
index.search.slowlog.threshold.query.info
index.search.slowlog.threshold.query.trace
index.search.slowlog.threshold.query.warn
index.search.throttled 01
index.semantic_text.default_inference_id 2
index.seq_no.index_options 2
index.shard.check_on_startup
index.shard_limit.group
index.soft_deletes.enabled
index.soft_deletes.retention.operations
index.soft_deletes.retention_lease.period
index.sort.field
index.sort.missing
index.sort.mode
index.sort.order
index.source_only
index.store.fs.directio_async_prefetch_limit 2
index.store.fs.fs_lock
index.store.preload
index.store.stats_refresh_interval
index.store.type
index.synthetic_id.bloom_filter.high_bits_per_doc 2
index.synthetic_id.bloom_filter.large_segment_min_docs 2
index.synthetic_id.bloom_filter.low_bits_per_doc 2
index.synthetic_id.bloom_filter.max_size 2
index.synthetic_id.bloom_filter.num_hash_functions 2
index.synthetic_id.bloom_filter.optimized_merge 2
index.synthetic_id.bloom_filter.small_segment_max_docs 2
index.time_series.end_time
index.time_series.es87tsdb_codec.enabled
index.time_series.start_time
index.translog.durability
index.translog.flush_threshold_age
index.translog.flush_threshold_size
index.translog.generation_threshold_size
index.translog.retention.age
index.translog.retention.size
index.translog.sync_interval
index.unassigned.node_left.delayed_timeout
index.use_legacy_postings_format 2
index.use_time_series_doc_values_format 2
index.use_time_series_doc_values_format_large_binary_block_size 2
index.use_time_series_doc_values_format_large_block_size 2
index.uuid
index.verified_before_close
index.verified_read_only 12
index.version.compatibility
index.version.created
index.warmer.enabled
index.write.wait_for_active_shards
index.xpack.version
`;
