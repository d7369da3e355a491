package es.ecs.standin;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.elasticsearch.common.network.NetworkService;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Setting.Property;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.discovery.FileBasedSeedHostsProvider;
import org.elasticsearch.discovery.SeedHostsProvider;
import org.elasticsearch.plugins.DiscoveryPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.transport.TransportService;

/**
 * Stands in for the plugin discovery-ec2, which no registry carries: it takes the settings that es-ecs writes, so that
 * elasticsearch.yml is used as it is, and its seed provider `ec2` reads addresses from config/unicast_hosts.txt.
 */
public final class StandInDiscovery extends Plugin implements DiscoveryPlugin {
    private final Path config;

    public StandInDiscovery(Settings settings, Path config) {
        this.config = config;
    }

    @Override
    public List<Setting<?>> getSettings() {
        return List.of(
            Setting.simpleString("discovery.ec2.endpoint", Property.NodeScope),
            Setting.simpleString("discovery.ec2.host_type", "private_ip", Property.NodeScope),
            Setting.prefixKeySetting("discovery.ec2.tag.", key -> Setting.simpleString(key, Property.NodeScope))
        );
    }

    @Override
    public Map<String, Supplier<SeedHostsProvider>> getSeedHostProviders(TransportService transport, NetworkService network) {
        return Map.of("ec2", () -> new FileBasedSeedHostsProvider(config));
    }
}
