# The rules of Docker for a published port, made and deleted one by one with iptables.
i() { iptables-nft "$@" || exit 1; }
for table in nat filter; do i -t $table -N DOCKER; done
for chain in DOCKER-USER DOCKER-ISOLATION-STAGE-1 DOCKER-ISOLATION-STAGE-2; do i -N $chain; i -A $chain -j RETURN; done
i -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
i -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
i -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
i -t nat -A DOCKER -i docker0 -j RETURN
i -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
i -P FORWARD DROP
i -A FORWARD -j DOCKER-USER
i -A FORWARD -j DOCKER-ISOLATION-STAGE-1
i -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
i -A FORWARD -o docker0 -j DOCKER
i -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
i -A FORWARD -i docker0 -o docker0 -j ACCEPT
i -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
i -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
i -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
i -t nat -D DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
