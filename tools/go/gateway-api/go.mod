module apisix-graceful-termination/tools/gateway-api

go 1.22

require sigs.k8s.io/gateway-api v1.4.1
