// SPDX-License-Identifier: MIT
// What the module for index lifecycles brings, as far as it can be had without that module, which is
// not published: the settings by which an index names its policy, and /_ilm/policy, which reads and
// checks a policy by Elasticsearch's own parser and keeps it in memory. Nothing carries a policy out.

import static org.elasticsearch.rest.RestRequest.Method.GET;
import static org.elasticsearch.rest.RestRequest.Method.PUT;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.settings.ClusterSettings;
import org.elasticsearch.common.settings.IndexScopedSettings;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.settings.SettingsFilter;
import org.elasticsearch.core.CheckedFunction;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestController;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.NamedXContentRegistry;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xpack.core.ilm.DeleteAction;
import org.elasticsearch.xpack.core.ilm.ForceMergeAction;
import org.elasticsearch.xpack.core.ilm.LifecycleAction;
import org.elasticsearch.xpack.core.ilm.LifecyclePolicy;
import org.elasticsearch.xpack.core.ilm.LifecycleSettings;
import org.elasticsearch.xpack.core.ilm.LifecycleType;
import org.elasticsearch.xpack.core.ilm.ReadOnlyAction;
import org.elasticsearch.xpack.core.ilm.RolloverAction;
import org.elasticsearch.xpack.core.ilm.SetPriorityAction;
import org.elasticsearch.xpack.core.ilm.TimeseriesLifecycleType;
import org.elasticsearch.xpack.core.ilm.action.PutLifecycleRequest;

public final class LifecyclePlugin extends Plugin implements ActionPlugin {
    private static final Map<String, LifecyclePolicy> POLICIES = new ConcurrentHashMap<>();

    @Override
    public List<Setting<?>> getSettings() {
        return List.of(LifecycleSettings.LIFECYCLE_NAME_SETTING,
            LifecycleSettings.LIFECYCLE_INDEXING_COMPLETE_SETTING);
    }

    private static NamedXContentRegistry.Entry action(
            String name, CheckedFunction<XContentParser, LifecycleAction, IOException> parse) {
        return new NamedXContentRegistry.Entry(LifecycleAction.class, new ParseField(name), parse);
    }

    @Override
    public List<NamedXContentRegistry.Entry> getNamedXContent() {
        return List.of(
            new NamedXContentRegistry.Entry(LifecycleType.class,
                new ParseField(TimeseriesLifecycleType.TYPE), p -> TimeseriesLifecycleType.INSTANCE),
            action(RolloverAction.NAME, RolloverAction::parse),
            action(SetPriorityAction.NAME, SetPriorityAction::parse),
            action(ReadOnlyAction.NAME, ReadOnlyAction::parse),
            action(ForceMergeAction.NAME, ForceMergeAction::parse),
            action(DeleteAction.NAME, DeleteAction::parse));
    }

    @Override
    public Collection<RestHandler> getRestHandlers(Settings settings,
            NamedWriteableRegistry writeables, RestController controller, ClusterSettings clusterSettings,
            IndexScopedSettings indexSettings, SettingsFilter filter,
            IndexNameExpressionResolver names, Supplier<DiscoveryNodes> nodes,
            Predicate<NodeFeature> features) {
        return List.of(new PolicyHandler());
    }

    private static final class PolicyHandler extends BaseRestHandler {
        @Override
        public String getName() {
            return "lifecycle_policy";
        }

        @Override
        public List<Route> routes() {
            return List.of(new Route(PUT, "/_ilm/policy/{name}"), new Route(GET, "/_ilm/policy/{name}"));
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client)
                throws IOException {
            String name = request.param("name");
            return request.method() == PUT ? put(request, name) : get(name);
        }

        private static RestChannelConsumer put(RestRequest request, String name) throws IOException {
            try (XContentParser parser = request.contentParser()) {
                PutLifecycleRequest put = PutLifecycleRequest.parseRequest(
                    new PutLifecycleRequest.Factory() {
                        @Override
                        public PutLifecycleRequest create(LifecyclePolicy policy) {
                            return new PutLifecycleRequest(
                                TimeValue.MINUS_ONE, TimeValue.MINUS_ONE, policy);
                        }

                        @Override
                        public String getPolicyName() {
                            return name;
                        }
                    }, parser);
                // Which action may stand in which phase, and what must not be together.
                put.getPolicy().validate();
                POLICIES.put(name, put.getPolicy());
            }
            return channel -> {
                XContentBuilder answer = channel.newBuilder();
                answer.startObject().field("acknowledged", true).endObject();
                channel.sendResponse(new RestResponse(RestStatus.OK, answer));
            };
        }

        private static RestChannelConsumer get(String name) {
            LifecyclePolicy policy = POLICIES.get(name);
            return channel -> {
                XContentBuilder answer = channel.newBuilder();
                answer.startObject();
                if (policy != null) {
                    answer.field(name, policy);
                }
                answer.endObject();
                channel.sendResponse(new RestResponse(
                    policy == null ? RestStatus.NOT_FOUND : RestStatus.OK, answer));
            };
        }
    }
}
