"""What the APIs of four clouds say of a cluster, cut down, with secrets where they have been seen."""

SECRETS = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
    "MIIC-client-certificate",
    "MIIC-client-key",
    "hunter2",
    "the-admin",
    "AAAAB3Nza-ssh-key",
    "curl-start-script",
    "stack-login",
    "apiVersion-of-kubeconfig",
)

EKS = {
    "cluster": {
        "name": "c",
        "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/c",
        "version": "1.33",
        "certificateAuthority": {"data": SECRETS[0]},
        "resourcesVpcConfig": {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["203.0.113.0/24"],
        },
        "logging": {
            "clusterLogging": [
                {"types": ["api", "audit", "authenticator"], "enabled": True},
                {"types": ["controllerManager", "scheduler"], "enabled": False},
            ]
        },
        "tags": {"db-password": SECRETS[3]},
    }
}

GKE = {
    "name": "c",
    "selfLink": "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c",
    "currentMasterVersion": "1.33.2-gke.100",
    "masterAuth": {
        "username": SECRETS[4],
        "password": SECRETS[3],
        "clusterCaCertificate": SECRETS[0],
        "clientCertificate": SECRETS[1],
        "clientKey": SECRETS[2],
    },
    "networkConfig": {"datapathProvider": "ADVANCED_DATAPATH"},
    "shieldedNodes": {"enabled": True},
    "nodePools": [
        {
            "name": "a",
            "config": {
                "metadata": {
                    "disable-legacy-endpoints": "true",
                    "ssh-keys": SECRETS[5],
                    "startup-script": SECRETS[6],
                }
            },
            "management": {"autoRepair": True},
        },
        {"name": "b", "config": {}, "management": {}},
    ],
}

AKS = {
    "name": "c",
    "type": "Microsoft.ContainerService/ManagedClusters",
    "kubernetesVersion": "1.33",
    "currentKubernetesVersion": "1.33.1",
    "agentPoolProfiles": [{"name": "a", "enableNodePublicIp": False}],
    "networkProfile": {"networkPolicy": "cilium"},
    "apiServerAccessProfile": None,
    "linuxProfile": {"adminUsername": "azureuser", "ssh": {"publicKeys": [{"keyData": SECRETS[5]}]}},
    "windowsProfile": {"adminPassword": SECRETS[3]},
    "servicePrincipalProfile": {"clientId": "msi", "secret": SECRETS[3]},
    "httpProxyConfig": {"trustedCa": SECRETS[0]},
}

ACK = {
    "cluster_id": "c1",
    "cluster_type": "ManagedKubernetes",
    "region_id": "cn-hangzhou",
    "current_version": "1.32.1-aliyun.1",
    "master_url": '{"api_server_endpoint":"","intranet_api_server_endpoint":"https://192.168.0.1:6443"}',
    "meta_data": '{"Extra": "' + SECRETS[7] + '"}',
    "parameters": {"LoginText": SECRETS[7]},
    "kubeconfig": SECRETS[8],
}
