// SPDX-License-Identifier: MIT
// One Elasticsearch node on a free port of this machine, in the folder it is given. It prints its
// address when it listens, and ends when its standard input does, so that it cannot outlive a test.

import java.nio.file.Path;
import java.util.Map;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

public final class SearchNode {
    private SearchNode() {}

    private static Settings settings(Path home) {
        return Settings.builder()
            .put("path.home", home)
            .put("cluster.name", "triage-test")
            .put("node.name", "test")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            // Whether the disk of this machine is nearly full is not what is tested.
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        Settings settings = settings(home);
        LogConfigurator.configureESLogging();
        LogConfigurator.configureWithoutConfig(settings);
        Environment environment = InternalSettingsPreparer.prepareEnvironment(
            settings, Map.of(), home.resolve("config"), () -> "test");
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(environment.modulesDir()),
            PluginsLoader.loadPluginsBundles(environment.pluginsDir()), Map.of(), false);
        try (Node node = new Node(environment, plugins)) {
            node.start();
            HttpServerTransport http = node.injector().getInstance(HttpServerTransport.class);
            System.out.println("listening on http://127.0.0.1:"
                + http.boundAddress().publishAddress().getPort());
            System.out.flush();
            while (System.in.read() >= 0) {
                continue;
            }
        }
    }
}
