/**
 * A cluster of three nodes that takes few calls. The image exists; and the bastion's range is one for documentation
 * (RFC 5737), so that nobody is asked for the caller's own address.
 */
export const smallCluster = `name: search
region: eu-west-1
elasticsearch: { version: 9.4.6 }
nodes: 3
network: { nat: single }
image: { uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:9.4.6 }
bastion: { allowedCidrs: [203.0.113.0/24] }
`;
