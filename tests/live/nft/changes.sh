# Changes of every sort: rules that are put before others, replaced and deleted; elements, policies, names and flags.
n insert rule inet fw in 'tcp dport 2525 drop'
h() { nft -a list chain $1 $2 $3 | grep -- "$4" | head -1 | sed 's/.*handle //'; }
n add rule inet fw in position $(h inet fw in 'iif "lo"') 'tcp dport 2526 drop'
n insert rule inet fw in position $(h inet fw in 'iif "lo"') 'tcp dport 2527 drop'
n replace rule inet fw in handle $(h inet fw in 2525) 'tcp dport 2528 accept'
n delete rule inet fw in handle $(h inet fw in 2526)
n delete rule inet fw in handle $(h inet fw in 'iif "lo"')
n delete element inet fw m '{ 82 }'
n delete element inet fw iv '{ 10.2.0.0/16 }'
n add element inet fw iv '{ 10.3.0.0/16 }'
n flush set inet fw ifs
n chain inet fw in '{ policy drop; }'
n chain inet fw in '{ policy accept; }'
n rename chain inet fw rc rc2
n add table ip6 x
n add table inet fw '{ flags dormant; }'
n add table inet fw
n delete chain netdev nd out
n add counter inet fw c3
n delete counter inet fw c3
n delete set inet fw mac
n flush chain ip y c
n delete chain ip y c
n delete table bridge b
n add flowtable inet fw g '{ hook ingress priority 3; devices = { v2 } ; }'
n delete flowtable inet fw g
for i in $(seq 1 60); do n add rule ip6 x c "tcp dport $i accept"; done
for i in $(seq 1 3 58); do n delete rule ip6 x c handle $(h ip6 x c "dport $i accept"); done
for i in $(seq 1 20); do n insert rule arp a c "arp htype $i drop"; done
ip link del v0
